/** The uploads of a node that have not ended. */
export interface RunningUploads {
  run<T>(receive: () => Promise<T>): Promise<T>
  /** Resolves when all have ended, or after the time. */
  settle(longestMs: number): Promise<void>
}

export function createRunningUploads(): RunningUploads {
  const running = new Set<Promise<unknown>>()
  return {
    async run(receive) {
      const upload = receive()
      running.add(upload)
      try {
        return await upload
      } finally {
        running.delete(upload)
      }
    },
    async settle(longestMs) {
      let timer: NodeJS.Timeout | undefined
      const deadline = new Promise((resolve) => (timer = setTimeout(resolve, longestMs)))
      await Promise.race([Promise.allSettled(running), deadline])
      clearTimeout(timer)
    },
  }
}
