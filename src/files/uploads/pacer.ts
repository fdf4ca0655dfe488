/** Waits until so many bytes may be handled; undefined when they may be at once. */
export type Pace = (bytes: number) => Promise<void> | undefined

/** Rest between two turns of uploads that wait: without it a hundred of them would use a whole core. */
const REST_MS = 1

/**
 * Bounds how many bytes of uploads are handled in one turn of the event loop, and rests after it, so that other requests
 * hardly wait longer beside a hundred uploads than beside one. Uploads take turns in the order in which they ask.
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
