/** An account rests at most this long after one piece of work, or three times that when it is crowded. */
const MAX_REST_MS = 50
const CROWDED_FACTOR = 3
/** Work that took less costs the others too little to rest after it. */
const NO_REST_MS = 4

/**
 * How long an account rests, in milliseconds, after work that other work of the account waited for: as long as the work took,
 * so that the account keeps PostgreSQL busy for half of the time. `isCrowded` says that more waits than an honest app causes.
 */
export function accountRestMs(tookMs: number, isCrowded: boolean): number {
  if (tookMs < NO_REST_MS) return 0
  return (isCrowded ? CROWDED_FACTOR : 1) * Math.min(tookMs, MAX_REST_MS)
}
