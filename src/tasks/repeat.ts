/**
 * Runs `act` repeatedly, with a pause after each run and before the first. A failure is passed to `onError` and does
 * not stop the repetition.
 */
export function repeat(pauseMs: number, act: () => Promise<void>, onError: (error: unknown) => void) {
  let timer: NodeJS.Timeout | undefined
  let turn = Promise.resolve()
  let isStopped = false
  const schedule = () => {
    if (isStopped) return
    timer = setTimeout(() => {
      turn = act().catch(onError).finally(schedule)
    }, pauseMs)
  }
  schedule()
  return {
    /** Resolves when the current run has ended. */
    async stop(): Promise<void> {
      isStopped = true
      clearTimeout(timer)
      await turn
    },
  }
}
