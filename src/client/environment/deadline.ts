/**
 * Rejects when a promise takes longer. The work behind it is not ended by that: `AbortSignal.timeout` would end it, but not
 * every browser and not React Native has it.
 */
export function withDeadline<T>(promise: Promise<T>, deadlineMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Not within ${deadlineMs} ms`)), deadlineMs)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
