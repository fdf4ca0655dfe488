/** Waits until so many bytes may be handled; undefined when they may be at once. */
export type Pace = (bytes: number) => Promise<void> | undefined

/**
 * Bounds how many bytes of uploads are handled between two turns of the event loop, so that other requests wait no longer
 * beside a hundred uploads than beside one. Uploads take turns in the order in which they ask.
 */
export function createPacer(bytesPerTurn: number): Pace {
  const waiting: { bytes: number; proceed: () => void }[] = []
  let spent = 0
  let isScheduled = false

  function schedule(): void {
    if (isScheduled) return
    isScheduled = true
    setImmediate(beginTurn)
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
