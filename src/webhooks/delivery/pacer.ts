import { createUsageMeter, isBusy } from './busy-meter.js'

/** Lets deliveries yield to the conversation: on a busy node they wait in the log, while a client waits for its answer. */
export interface Pacer {
  /** Waits for the turn of a delivery, in the order of asking. A node that has time to spare does not wait. */
  pace(): Promise<void> | undefined
  /** Whether little is delivered. What serves deliveries alone has time, too. */
  isYielding(): boolean
  /** Ends all waiting. Nobody waits from now on. */
  close(): void
}

export interface PacerOptions {
  /** Milliseconds. */
  now: () => number
  wake: (callback: () => void, delayMs: number) => unknown
  /** Whether the node was busy since this was last asked. */
  wasBusy: () => boolean
}

/** How often the rate is adjusted. */
const WINDOW_MS = 250
/** The rate of a node that stays busy. It is not zero, so that every session goes on. */
export const LEAST_PER_SECOND = 20
/** Above this the rate is not limited. */
const MOST_PER_SECOND = 4000
/** A node whose rate is below this is busy, or was until a few seconds ago. */
const YIELDING_PER_SECOND = 8 * LEAST_PER_SECOND
/** Halved while the node is busy, and raised a little while it is not: deliveries take what the conversation leaves. */
const DECREASE = 0.5
const INCREASE = 1.25
/** A timer that is late gives what it has missed, up to this. */
const LONGEST_BURST_MS = 250
/** A busy node delivers so many at once after a rest, so that a few events arrive without delay. */
const MOST_SAVED = 100

/** Costs nothing while there is nothing to deliver: the node is measured when somebody asks. */
export function createPacer({ now, wake, wasBusy }: PacerOptions = readNode()): Pacer {
  const waiting: (() => void)[] = []
  let perSecond = Infinity
  let windowFrom = now()
  let inWindow = 0
  let saved = MOST_SAVED
  let nextAt = 0
  let isAwaited = false
  let isClosed = false

  function adjust(): void {
    const tookMs = now() - windowFrom
    if (tookMs < WINDOW_MS) return
    const made = (inWindow * 1000) / tookMs
    saved = Math.max(0, Math.min(MOST_SAVED, saved + (perSecond * tookMs) / 1000 - inWindow))
    // A low count may mean that there was little to deliver, and not that the node can do no more.
    const possible = Math.max(made, YIELDING_PER_SECOND)
    if (wasBusy()) perSecond = Math.max(Math.min(perSecond, possible, MOST_PER_SECOND) * DECREASE, LEAST_PER_SECOND)
    else perSecond *= INCREASE ** (tookMs / WINDOW_MS)
    if (perSecond > MOST_PER_SECOND) perSecond = Infinity
    windowFrom = now()
    inWindow = 0
  }

  function awaitTurn(): void {
    if (isAwaited || waiting.length === 0) return
    isAwaited = true
    wake(giveTurns, Math.max(nextAt - now(), 0))
  }

  function giveTurns(): void {
    isAwaited = false
    adjust()
    nextAt = Math.max(nextAt, now() - LONGEST_BURST_MS)
    while (waiting.length > 0 && nextAt <= now()) {
      nextAt += 1000 / perSecond
      inWindow++
      waiting.shift()?.()
    }
    awaitTurn()
  }

  return {
    pace() {
      adjust()
      if (isClosed) return undefined
      if (waiting.length === 0 && (perSecond === Infinity || inWindow < saved)) {
        inWindow++
        return undefined
      }
      return new Promise((resolve) => {
        waiting.push(resolve)
        awaitTurn()
      })
    },
    isYielding() {
      adjust()
      return perSecond < YIELDING_PER_SECOND
    },
    close() {
      isClosed = true
      for (const proceed of waiting.splice(0)) proceed()
    },
  }
}

function readNode(): PacerOptions {
  const readUsage = createUsageMeter()
  return { now: () => performance.now(), wake: setTimeout, wasBusy: () => isBusy(readUsage()) }
}
