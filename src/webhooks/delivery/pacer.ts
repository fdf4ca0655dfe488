import { createUsageMeter, isSaturated, type NodeUsage } from './usage-meter.js'

/**
 * Limits how many deliveries begin, so that they take what the conversation leaves: on a saturated node events wait in the
 * log, instead of clients for their answers.
 */
export interface Pacer {
  /** The number of deliveries that may begin now. Infinity while the node has capacity to spare; below 1: none. */
  allowance(): number
  /** Milliseconds until enough deliveries may begin to be worth a statement. */
  pauseMs(): number
  /** Deliveries begin. The first of them has been due for this long. */
  begin(deliveries: number, waitedMs: number): void
  /** Deliveries have ended. Those that began but were not made are given back. */
  end(begun: number, made: number): void
  /** Whether the rate is near its least. What only serves deliveries can rest, too. */
  isYielding(): boolean
}

export interface PacerOptions {
  /** Milliseconds. */
  now: () => number
  /** The usage since the last call. */
  readUsage: () => NodeUsage
}

/** How often the rate is adjusted. */
const WINDOW_MS = 250
/** Share of the node's CPU time that deliveries take while the node is saturated. */
const MIN_SHARE = 0.02
/**
 * CPU time of a delivery on a saturated node and in PostgreSQL, measured with undici; `node:http` takes more. With capacity to
 * spare it is less than half.
 */
const DELIVERY_MS = 0.4
/** A saturated node delivers at least this, so that every session goes on. */
export const MIN_PER_SECOND = 25
/** What has been due for more than a minute raises the least rate in proportion, up to this factor. */
const OLD_MS = 60_000
const MAX_RAISE = 3
/** Above this the rate is not limited. */
const MAX_PER_SECOND = 4000
/** A rate below this multiple of the least one means that the node is saturated, or was until a few seconds ago. */
const YIELDING_FACTOR = 8
/** A single saturated window means little: PostgreSQL may just be vacuuming on the same machine. */
const WINDOWS_BEFORE_LIMIT = 3
/** The rate sinks faster with each saturated window in a row, and rises a little with each other window. */
const DECREASE = 0.7
const INCREASE = 1.25
/** A saturated node delivers this many at once after a rest, so that a few events arrive without delay. */
const MAX_SAVED = 100
/** Deliveries that begin together share their statements. */
const WORTH_A_STATEMENT = 20
const MIN_PAUSE_MS = 50
const MAX_PAUSE_MS = 1000

/** Creates a pacer. It measures the node only when it is asked, so it costs nothing while there is nothing to deliver. */
export function createPacer({ now, readUsage }: PacerOptions = ofThisNode()): Pacer {
  let perSecond = Infinity
  let minPerSecond = MIN_PER_SECOND
  let saved = MAX_SAVED
  let savedAt = now()
  let windowFrom = now()
  let madeInWindow = 0
  let saturatedWindows = 0
  let longestWaitMs = 0

  function advance(): void {
    const at = now()
    if (perSecond === Infinity) saved = MAX_SAVED
    else
      saved = Math.min(saved + (perSecond * (at - savedAt)) / 1000, Math.max(MAX_SAVED, perSecond * (WINDOW_MS / 1000)))
    savedAt = at
    if (at - windowFrom >= WINDOW_MS) adjust(at - windowFrom)
  }

  function adjust(tookMs: number): void {
    const usage = readUsage()
    minPerSecond = minRateOf(usage, longestWaitMs)
    if (!isSaturated(usage)) {
      saturatedWindows = 0
      perSecond *= INCREASE ** (tookMs / WINDOW_MS)
    } else if (++saturatedWindows >= WINDOWS_BEFORE_LIMIT || perSecond < Infinity) {
      // A low count may mean that there was little to deliver, and not that the node can do no more.
      const possible = Math.max((madeInWindow * 1000) / tookMs, YIELDING_FACTOR * minPerSecond)
      perSecond = Math.min(perSecond, possible, MAX_PER_SECOND) * DECREASE ** saturatedWindows
    }
    perSecond = perSecond > MAX_PER_SECOND ? Infinity : Math.max(perSecond, minPerSecond)
    windowFrom = now()
    madeInWindow = 0
  }

  return {
    allowance() {
      advance()
      return perSecond === Infinity ? Infinity : saved
    },
    pauseMs() {
      advance()
      if (perSecond === Infinity) return 0
      const untilWorthMs = ((WORTH_A_STATEMENT - saved) * 1000) / perSecond
      return Math.min(Math.max(untilWorthMs, MIN_PAUSE_MS), MAX_PAUSE_MS)
    },
    begin(deliveries, waitedMs) {
      saved -= deliveries
      longestWaitMs = waitedMs
    },
    end(begun, made) {
      saved += begun - made
      madeInWindow += made
    },
    isYielding() {
      advance()
      return perSecond < YIELDING_FACTOR * minPerSecond
    },
  }
}

/** In proportion to what the node has of the processors. */
function minRateOf({ ranMs, tookMs }: NodeUsage, waitedMs: number): number {
  const affordable = (MIN_SHARE * (ranMs / tookMs) * 1000) / DELIVERY_MS
  return Math.max(affordable, MIN_PER_SECOND) * Math.min(Math.max(waitedMs / OLD_MS, 1), MAX_RAISE)
}

const ofThisNode = (): PacerOptions => ({ now: () => performance.now(), readUsage: createUsageMeter() })
