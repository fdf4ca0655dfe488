const MIN_PAUSE_MS = 4
const MAX_PAUSE_MS = 20

/** A socket whose writes are held back until it is flushed. */
export interface CorkedSocket {
  /** Sends what was written. It must not throw. */
  uncork(): void
}

/**
 * Flushes the sockets that were written to, so that all frames of one tick leave a socket in one system call. One scheduler
 * serves all sockets of a node.
 */
export interface FlushScheduler {
  /** Flushes a socket at the end of this tick, or after the pause that follows a long flush. */
  schedule(socket: CorkedSocket): void
}

/**
 * Flushing thousands of sockets takes the kernel several milliseconds, however little each is sent. Such a flush is followed by a
 * pause of the same length, so that the frames that come meanwhile leave together.
 */
export function createFlushScheduler(): FlushScheduler {
  let waiting: CorkedSocket[] = []
  let pauseEndsAt = 0

  function flush(): void {
    const sockets = waiting
    waiting = []
    const startedAt = performance.now()
    for (const socket of sockets) socket.uncork()
    const endedAt = performance.now()
    const tookMs = endedAt - startedAt
    pauseEndsAt = tookMs < MIN_PAUSE_MS ? 0 : endedAt + Math.min(tookMs, MAX_PAUSE_MS)
  }

  return {
    schedule(socket) {
      if (waiting.push(socket) > 1) return
      const pauseMs = pauseEndsAt - performance.now()
      if (pauseMs > 0) setTimeout(flush, pauseMs)
      else process.nextTick(flush)
    },
  }
}
