/** An event that fails for this long is given up until it is replayed. */
export const GIVE_UP_AFTER_MS = 3 * 24 * 3_600_000

const MIN_RETRY_AFTER_MS = 1000
const MAX_RETRY_AFTER_MS = 3_600_000
/** Spreads the retries of many sessions that failed together. */
const JITTER = 0.2

/** Chooses the delay until the next attempt: what the receiver asks for, up to an hour, or the next one of the schedule. */
export function chooseRetryDelay(
  failedAttempts: number,
  retryAfter: string | undefined,
  delaysMs: readonly number[],
): number {
  const asked = readRetryAfter(retryAfter)
  const scheduled = delaysMs[Math.min(failedAttempts, delaysMs.length) - 1] ?? MAX_RETRY_AFTER_MS
  return Math.round((asked ?? scheduled) * (1 + Math.random() * JITTER))
}

/** Reads seconds or a date (RFC 9110, 10.2.3). Undefined if it is neither. */
function readRetryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : readDate(header) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, MIN_RETRY_AFTER_MS), MAX_RETRY_AFTER_MS)
}

/** Every form of a date has a time of day. Without one, V8 takes other text for a day, such as `-5` or `1.5`. */
const readDate = (text: string) => (text.includes(':') ? Date.parse(text) : NaN)
