import { ChatError } from '../../client/index.js'

/**
 * Limits concurrency: runs at most `count` tasks at once, in the order of the calls. A task that is aborted while it waits
 * rejects immediately.
 */
export function createLanes(count: number) {
  const waiting = new Set<() => void>()
  let free = count

  function waitForTurn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      waiting.add(resolve)
      signal.addEventListener('abort', () => {
        if (waiting.delete(resolve)) reject(new ChatError(0, 'The upload was ended', 'aborted'))
      })
    })
  }

  return async <T>(act: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    if (free > 0) free--
    else await waitForTurn(signal)
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
