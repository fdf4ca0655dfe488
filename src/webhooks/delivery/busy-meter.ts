import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

/** How the main thread of this node used a period of time. */
export interface ThreadUsage {
  tookMs: number
  /** Share of the period in which the event loop was not idle, from 0 to 1. */
  utilization: number
  /** Time on a processor; 0 if the system does not report it. */
  ranMs: number
  /** Time in which the thread was runnable but waited for a processor; 0 if the system does not report it. */
  waitedMs: number
}

/** An event loop with a higher utilization has no capacity to spare. */
const BUSY_UTILIZATION = 0.7
/** A thread that waits for a larger share of its runnable time competes with too many others for its processors. */
const BUSY_WAIT = 0.25
/** A node that is runnable for a smaller share of the time takes little from others, however busy the processors are. */
const LEAST_SHARE = 0.3

/**
 * Whether more work on this node would delay other work: its event loop is busy, or it waits for a processor that other nodes,
 * PostgreSQL or a receiver use on the same machine.
 */
export function isBusy({ tookMs, utilization, ranMs, waitedMs }: ThreadUsage): boolean {
  if (utilization > BUSY_UTILIZATION) return true
  const wantedMs = ranMs + waitedMs
  return wantedMs > LEAST_SHARE * tookMs && waitedMs > BUSY_WAIT * wantedMs
}

/** Creates a function that returns the usage of the main thread since its last call. */
export function createUsageMeter(): () => ThreadUsage {
  let loop = performance.eventLoopUtilization()
  let thread = readThread()
  let at = performance.now()
  return () => {
    const before = { thread, at }
    const { utilization } = performance.eventLoopUtilization(loop)
    loop = performance.eventLoopUtilization()
    thread = readThread()
    at = performance.now()
    return {
      ...{ tookMs: at - before.at, utilization },
      ranMs: thread.ranMs - before.thread.ranMs,
      waitedMs: thread.waitedMs - before.thread.waitedMs,
    }
  }
}

/** Linux only: nanoseconds on a processor and on a run queue. A read takes about 10 µs. */
const SCHEDULER_STATISTICS = '/proc/self/schedstat'
const NS_PER_MS = 1e6

function readThread(): Pick<ThreadUsage, 'ranMs' | 'waitedMs'> {
  try {
    const [ran = 0, waited = 0] = readFileSync(SCHEDULER_STATISTICS, 'latin1').split(' ').map(Number)
    return { ranMs: ran / NS_PER_MS, waitedMs: waited / NS_PER_MS }
  } catch {
    return { ranMs: 0, waitedMs: 0 }
  }
}
