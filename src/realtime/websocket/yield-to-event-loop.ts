/** So long other work waits at the most. */
const LONGEST_TURN_MS = 5

let turnEndsAt = 0

/**
 * Lets other work go on when this turn of the event loop has taken long: promises that follow each other would keep the
 * node from its other sockets and requests. Within a turn it costs a look at the clock.
 */
export async function yieldToEventLoop(): Promise<void> {
  const now = performance.now()
  if (turnEndsAt === 0) {
    turnEndsAt = now + LONGEST_TURN_MS
    setImmediate(() => (turnEndsAt = 0))
  } else if (now > turnEndsAt) await new Promise((resolve) => setImmediate(resolve))
}
