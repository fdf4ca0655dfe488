/**
 * Lets so many acts run at once, and so many more wait for their turn. Returns undefined for one that is too many.
 */
export function createTurns(mostRunning: number, mostWaiting: number) {
  const waiting: (() => void)[] = []
  let running = 0

  return function runInTurn<T>(act: () => Promise<T>): Promise<T> | undefined {
    if (running >= mostRunning && waiting.length >= mostWaiting) return undefined
    return begin().then(act).finally(end)
  }

  async function begin(): Promise<void> {
    if (running < mostRunning) running++
    else await new Promise<void>((resolve) => waiting.push(resolve))
  }

  function end(): void {
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}
