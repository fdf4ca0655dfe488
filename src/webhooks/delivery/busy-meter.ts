import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

/** What the main thread of this node did in a time. */
export interface ThreadUsage {
  tookMs: number
  /** The part of the time in which the event loop was not idle. */
  utilization: number
  /** On a processor. 0 where the system does not tell. */
  ranMs: number
  /** Ready to run, while others had the processors. */
  waitedMs: number
}

/** An event loop that is busy for more than this part of the time has none to spare. */
const BUSY_UTILIZATION = 0.7
/** Whoever waits longer than this part of the time in which it could run shares its processors with too many. */
const BUSY_WAIT = 0.25
/** A node that wants to run for a smaller part of the time takes little from others, however busy their processors are. */
const LEAST_SHARE = 0.3

/**
 * Whether more work on this node would delay others: its event loop is busy, or it waits for a processor that other nodes,
 * PostgreSQL or a receiver on the same machine are using.
 */
export function isBusy({ tookMs, utilization, ranMs, waitedMs }: ThreadUsage): boolean {
  if (utilization > BUSY_UTILIZATION) return true
  const wantedMs = ranMs + waitedMs
  return wantedMs > LEAST_SHARE * tookMs && waitedMs > BUSY_WAIT * wantedMs
}

/** Creates what tells how the main thread was used since it was last asked. */
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

/** Of Linux: nanoseconds on a processor, and on a run queue. Reading it takes some 10 µs. */
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
