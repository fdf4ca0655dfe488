/** Runs a consumer's turns one after the other: soon after it is woken, and from time to time by itself. */
export interface ConsumerLoop {
  /** Asks for a turn after a delay, or earlier. */
  wake(delayMs: number): void
  /** Ends the loop. Resolves when the turn under way is over. */
  close(): Promise<void>
}

/**
 * When the loops of a node take their first turn, in ms after its start: one after the other, as turns at the same
 * time each open a connection. The search is first: it answers 503 until then.
 */
const FIRST_TURNS = { search: 0, webhooks: 30, sweep: 60, reports: 90, reminders: 120, mail: 150 }

export interface ConsumerLoopOptions {
  name: keyof typeof FIRST_TURNS
  /** Milliseconds from one turn to the next when nothing wakes the loop. */
  intervalMs: number
  turn: () => Promise<void>
  /** A turn has failed. The next one comes after a second. */
  onError: (error: unknown) => void
}

const FAILURE_REST_MS = 1000

export function startConsumerLoop({ name, intervalMs, turn, onError }: ConsumerLoopOptions): ConsumerLoop {
  let timer: NodeJS.Timeout | undefined
  let timerAt = Infinity
  let restUntil = 0
  let running: Promise<void> | undefined
  /** When a turn was asked for while one ran. */
  let wantedAt = Infinity
  let isClosed = false

  function schedule(at: number): void {
    if (isClosed) return
    if (running !== undefined) {
      wantedAt = Math.min(wantedAt, at)
      return
    }
    const startAt = Math.max(at, restUntil)
    if (startAt >= timerAt) return
    clearTimeout(timer)
    timerAt = startAt
    timer = setTimeout(start, Math.max(0, startAt - performance.now()))
  }

  function start(): void {
    timerAt = Infinity
    running = run().finally(() => {
      running = undefined
      const at = Math.min(wantedAt, performance.now() + intervalMs)
      wantedAt = Infinity
      schedule(at)
    })
  }

  async function run(): Promise<void> {
    await turn().catch((error: unknown) => {
      restUntil = performance.now() + FAILURE_REST_MS
      if (!isClosed) onError(error)
    })
  }

  schedule(performance.now() + FIRST_TURNS[name])
  return {
    wake: (delayMs) => schedule(performance.now() + delayMs),
    async close() {
      isClosed = true
      clearTimeout(timer)
      await running
    },
  }
}

/** What consumers may take of the database and of this process, as a share of the time. */
const REST_FACTOR = 20
const MAX_REST_MS = 10_000

/** How long to rest after work of a duration, so that consumers stay a small part of what a busy node does. */
export const restAfter = (durationMs: number, factor = REST_FACTOR) => Math.min(durationMs * factor, MAX_REST_MS)
