import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'

const MEASURE_MS = 500
/** A node whose event loop is busy for more than this share of the time has no time to spare. */
const BUSY_UTILIZATION = 0.7
/** Between two deliveries of a busy node: a hundred a second. */
const BUSY_SPACING_MS = 10

/**
 * Waits before a delivery, so that deliveries take what is left of a busy node rather than their share of it: the log keeps
 * them, while a client waits for its answer. A node that is not busy does not wait.
 */
export function createPacer(): () => Promise<void> {
  let measuredAt = performance.now()
  let measured = performance.eventLoopUtilization()
  let isBusy = false
  let nextAt = 0

  return async () => {
    const now = performance.now()
    if (now - measuredAt >= MEASURE_MS) {
      isBusy = performance.eventLoopUtilization(measured).utilization > BUSY_UTILIZATION
      measured = performance.eventLoopUtilization()
      measuredAt = now
    }
    if (!isBusy) return
    nextAt = Math.max(now, nextAt + BUSY_SPACING_MS)
    await delay(nextAt - now)
  }
}
