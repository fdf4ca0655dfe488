/** Waits until these bytes may be processed. Returns undefined when that is at once. */
export type Pace = (bytes: number) => Promise<void> | undefined

/** Pause between two turns while uploads wait. Without it a hundred uploads would use a whole core. */
const REST_MS = 1

/**
 * Bounds the bytes of uploads that are processed in one turn of the event loop, and pauses after it, so that the
 * latency of other requests is nearly the same beside a hundred uploads as beside one. Uploads proceed in the order in
 * which they ask.
 */
export function createPacer(bytesPerTurn: number): Pace {
  const waiting: { bytes: number; proceed: () => void }[] = []
  let spent = 0
  let isScheduled = false

  function schedule(): void {
    if (isScheduled) return
    isScheduled = true
    if (waiting.length > 0) setTimeout(beginTurn, REST_MS)
    else setImmediate(beginTurn)
  }

  function beginTurn(): void {
    isScheduled = false
    spent = 0
    while (spent < bytesPerTurn) {
      const next = waiting.shift()
      if (next === undefined) break
      spent += next.bytes
      next.proceed()
    }
    if (spent > 0) schedule()
  }

  return (bytes) => {
    schedule()
    if (waiting.length > 0 || spent >= bytesPerTurn) {
      return new Promise((proceed) => waiting.push({ bytes, proceed }))
    }
    spent += bytes
    return undefined
  }
}
