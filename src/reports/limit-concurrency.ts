/**
 * Returns a function that runs at most `maxRunning` actions at once, and lets at most `maxWaiting` wait in order. It
 * returns undefined when too many wait.
 */
export function limitConcurrency(maxRunning: number, maxWaiting: number) {
  const waiting: (() => void)[] = []
  let running = 0

  return function runLimited<T>(action: () => Promise<T>): Promise<T> | undefined {
    if (running >= maxRunning && waiting.length >= maxWaiting) return undefined
    return begin().then(action).finally(end)
  }

  async function begin(): Promise<void> {
    if (running < maxRunning) running++
    else await new Promise<void>((resolve) => waiting.push(resolve))
  }

  function end(): void {
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}
