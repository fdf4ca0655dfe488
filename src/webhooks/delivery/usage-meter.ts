import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

/** How this node and its machine used a period of time. */
export interface NodeUsage {
  tookMs: number
  /** Share of the period in which the event loop was not idle, from 0 to 1. */
  utilization: number
  /** Time of the main thread on a processor; 0 if the system does not report it. */
  ranMs: number
  /** Time in which the main thread was runnable but waited for a processor; 0 if the system does not report it. */
  waitedMs: number
  /** Idle share of all processors of the machine, from 0 to 1; undefined if the system does not report it. */
  idleShare: number | undefined
}

/** An event loop with a higher utilization delays what arrives. */
const MAX_UTILIZATION = 0.85
/** Idle share of a saturated machine: up to 0.17 (measured), because it waits for the disk and the network, too. */
const MIN_IDLE_SHARE = 0.2
/** A container with a CPU limit waits, although processors of its machine are idle. */
const MAX_WAIT_SHARE = 0.5
/** A node that runs for a smaller share of the time takes little from others, however busy the processors are. */
const MIN_SHARE = 0.08

/** Whether more work on this node would take a processor from other work: on this node, or on the same machine. */
export function isSaturated({ tookMs, utilization, ranMs, waitedMs, idleShare }: NodeUsage): boolean {
  if (utilization > MAX_UTILIZATION) return true
  if (ranMs < MIN_SHARE * tookMs) return false
  if (idleShare !== undefined && idleShare < MIN_IDLE_SHARE) return true
  return waitedMs > MAX_WAIT_SHARE * (ranMs + waitedMs)
}

/** Creates a function that returns the usage since its last call. A call takes about 50 µs. */
export function createUsageMeter(): () => NodeUsage {
  let before = readTimes()
  return () => {
    const { loop, thread, machine, at } = readTimes()
    const usage = {
      ...{ tookMs: at - before.at, utilization: performance.eventLoopUtilization(loop, before.loop).utilization },
      ranMs: thread.ranMs - before.thread.ranMs,
      waitedMs: thread.waitedMs - before.thread.waitedMs,
      idleShare: shareOf(machine.idle - before.machine.idle, machine.total - before.machine.total),
    }
    before = { loop, thread, machine, at }
    return usage
  }
}

const shareOf = (part: number, whole: number) => (whole > 0 ? part / whole : undefined)

const readTimes = () => ({
  ...{ at: performance.now(), loop: performance.eventLoopUtilization() },
  ...{ thread: readThread(), machine: readMachine() },
})

/** Linux only: nanoseconds on a processor and on a run queue. */
const SCHEDULER_STATISTICS = '/proc/self/schedstat'
const NS_PER_MS = 1e6

function readThread(): Pick<NodeUsage, 'ranMs' | 'waitedMs'> {
  try {
    const [ran = 0, waited = 0] = readFileSync(SCHEDULER_STATISTICS, 'latin1').split(' ').map(Number)
    return { ranMs: ran / NS_PER_MS, waitedMs: waited / NS_PER_MS }
  } catch {
    return { ranMs: 0, waitedMs: 0 }
  }
}

/** Linux only, `proc_stat(5)`. The first line is of all processors. Its first eight times make up the whole. */
const MACHINE_STATISTICS = '/proc/stat'
const [STATES, IDLE, IO_WAIT] = [8, 3, 4]

function readMachine(): { idle: number; total: number } {
  try {
    const [line = ''] = readFileSync(MACHINE_STATISTICS, 'latin1').split('\n', 1)
    const ticks = line
      .split(/ +/)
      .slice(1, 1 + STATES)
      .map(Number)
    return { idle: (ticks[IDLE] ?? 0) + (ticks[IO_WAIT] ?? 0), total: ticks.reduce((sum, each) => sum + each, 0) }
  } catch {
    return { idle: 0, total: 0 }
  }
}
