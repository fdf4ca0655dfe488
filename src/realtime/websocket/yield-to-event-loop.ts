/** Other work waits at most this long. */
const LONGEST_TURN_MS = 5

let turnEndsAt = 0

/**
 * Waits for the next turn of the event loop when this one has taken more than 5 ms: a chain of resolved promises would
 * block other sockets and requests. Otherwise it costs one reading of the clock.
 */
export async function yieldToEventLoop(): Promise<void> {
  const now = performance.now()
  if (turnEndsAt === 0) {
    turnEndsAt = now + LONGEST_TURN_MS
    setImmediate(() => (turnEndsAt = 0))
  } else if (now > turnEndsAt) await new Promise((resolve) => setImmediate(resolve))
}
