import { tooMany, unavailable } from '../../errors/request-error.js'

/** More uploads of an account wait, unread, until one has ended: a slow phone does not keep its account from chatting. */
const MAX_OF_ACCOUNT = 4
const MAX_WAITING_OF_ACCOUNT = 100
/** Each takes a file descriptor beside its connection. */
const MAX_OF_NODE = 512
/** As many uploads fill the disk and a core. With more at once, all of their buffers would be in memory for longer. */
const MAX_FAST_OF_NODE = 8
/** An upload that brings less than this in this time does not count among the fast ones any more. */
const SLOW_BYTES = 256 * 1024
const SLOW_CHECK_MS = 1000

/** The right to read an upload. */
export interface UploadSlot {
  /** Counts bytes that were read. */
  count(bytes: number): void
  giveBack(): void
}

/** Bounds how many uploads are read at once: by account, and on the node those that come fast. */
export interface UploadSlots {
  /**
   * Waits for a slot.
   * @throws RequestError 429 when too many of the account wait · 503 when the node has too many
   */
  take(account: string): Promise<UploadSlot>
}

/** A bound with those that wait, in their order. */
interface Bound {
  underWay: number
  waiting: (() => void)[]
}

export function createUploadSlots(): UploadSlots {
  const accounts = new Map<string, Bound>()
  const fast: Bound = { underWay: 0, waiting: [] }
  let total = 0

  function beginFast(): UploadSlot {
    let bytes = 0
    let isFast = true
    const timer = setInterval(() => {
      if (bytes < SLOW_BYTES) leave()
      bytes = 0
    }, SLOW_CHECK_MS)
    const leave = () => {
      clearInterval(timer)
      if (isFast) passOn(fast)
      isFast = false
    }
    return { count: (more) => (bytes += more), giveBack: leave }
  }

  return {
    async take(account) {
      const own = accounts.get(account) ?? { underWay: 0, waiting: [] }
      if (own.waiting.length >= MAX_WAITING_OF_ACCOUNT) throw tooMany('Too many uploads of this account at once')
      if (total >= MAX_OF_NODE) throw unavailable('Too many uploads at once')
      accounts.set(account, own)
      total++
      await enter(own, MAX_OF_ACCOUNT)
      await enter(fast, MAX_FAST_OF_NODE)
      const { count, giveBack } = beginFast()
      return {
        count,
        giveBack() {
          giveBack()
          total--
          passOn(own)
          if (own.underWay === 0) accounts.delete(account)
        },
      }
    },
  }
}

async function enter(bound: Bound, max: number): Promise<void> {
  if (bound.underWay < max) bound.underWay++
  else await new Promise<void>((proceed) => bound.waiting.push(proceed))
}

function passOn(bound: Bound): void {
  const next = bound.waiting.shift()
  if (next === undefined) bound.underWay--
  else next()
}
