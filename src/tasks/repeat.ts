/**
 * Runs `act` repeatedly with a pause in between. A failure is reported to `onError`, and the next run follows all the same.
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
