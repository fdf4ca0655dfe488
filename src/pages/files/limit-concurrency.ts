import { ChatError } from '../../client/index.js'

/**
 * Returns a function that runs at most `maxRunning` tasks at once, in the order of the calls. A task that is aborted
 * while it waits rejects immediately.
 */
export function limitConcurrency(maxRunning: number) {
  const waiting = new Set<() => void>()
  let free = maxRunning

  function waitForSlot(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      waiting.add(resolve)
      signal.addEventListener('abort', () => {
        if (waiting.delete(resolve)) reject(new ChatError(0, 'The upload was ended', 'aborted'))
      })
    })
  }

  return async <T>(act: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    if (free > 0) free--
    else await waitForSlot(signal)
    try {
      return await act()
    } finally {
      const [next] = waiting
      if (next === undefined) free++
      else {
        waiting.delete(next)
        next()
      }
    }
  }
}
