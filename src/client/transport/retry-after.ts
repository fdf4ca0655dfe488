/** A proxy may ask for any time; timers overflow at 25 days. */
const LONGEST_RETRY_AFTER_MS = 3_600_000

/** Milliseconds that a `Retry-After` header asks for, which holds seconds or a date (RFC 9110, section 10.2.3). */
export function readRetryAfter(value: string | null): number | undefined {
  if (value === null || value.trim() === '') return undefined
  const seconds = Number(value)
  const pauseMs = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000
  return Number.isNaN(pauseMs) ? undefined : Math.min(Math.max(0, pauseMs), LONGEST_RETRY_AFTER_MS)
}
