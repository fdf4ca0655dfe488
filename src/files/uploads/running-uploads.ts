import type { SpooledFile } from '../storage/storage.js'

/** The uploads of a node that have not ended. */
export interface RunningUploads {
  run<T>(receive: () => Promise<T>): Promise<T>
  /** Takes the file of a running upload, and returns it. */
  track(file: SpooledFile): SpooledFile
  /**
   * Waits until all have ended, or for the time. Then it removes the files of those that still wait, for a scanner or a bucket:
   * their clients have gone.
   */
  settle(longestMs: number): Promise<void>
}

export function createRunningUploads(): RunningUploads {
  const running = new Set<Promise<unknown>>()
  const files = new Set<SpooledFile>()
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
    track(file) {
      files.add(file)
      const remove = async () => {
        await file.remove()
        files.delete(file)
      }
      return { ...file, remove }
    },
    async settle(longestMs) {
      let timer: NodeJS.Timeout | undefined
      const deadline = new Promise((resolve) => (timer = setTimeout(resolve, longestMs)))
      await Promise.race([Promise.allSettled(running), deadline])
      clearTimeout(timer)
      await Promise.all([...files].map(({ remove }) => remove()))
    },
  }
}
