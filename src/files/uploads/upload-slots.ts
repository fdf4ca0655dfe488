import { RequestError, tooMany, unavailable } from '../../errors/request-error.js'

/** Uploads of an account that are read at once. Others wait unread, and cost the account none of its other requests. */
const MAX_OF_ACCOUNT = 4
const MAX_WAITING_OF_ACCOUNT = 16
/** Uploads that are read at once on a node: each takes a file descriptor beside its connection. */
const MAX_OF_NODE = 512
/**
 * Fast uploads at once on a node: eight use the disk and a core fully. With more, all of their buffers would stay in
 * memory for longer.
 */
const MAX_FAST_OF_NODE = 8
/** An upload that receives fewer bytes in this time no longer counts as fast. */
const SLOW_BYTES = 256 * 1024
const SLOW_CHECK_MS = 1000

/** The right to read an upload. */
export interface UploadSlot {
  /** Counts bytes that were read. */
  count(bytes: number): void
  giveBack(): void
}

/** Bounds the uploads that are read at once: those of an account, all of a node, and the fast ones of a node. */
export interface UploadSlots {
  /**
   * Waits for a slot, until the signal aborts.
   * @throws RequestError 400 the signal aborted · 429 too many uploads of the account wait · 503 the node reads too
   * many
   */
  take(account: string, signal: AbortSignal): Promise<UploadSlot>
}

export function createUploadSlots(): UploadSlots {
  const accounts = new Map<string, Bound>()
  const fast = createBound()
  let reading = 0

  function enterAccount(account: string, signal: AbortSignal): Promise<() => void> {
    const own = accounts.get(account) ?? createBound()
    if (own.waiting.size >= MAX_WAITING_OF_ACCOUNT) throw tooMany('Too many uploads of this account at once')
    requireCapacity()
    accounts.set(account, own)
    const leave = () => {
      passOn(own)
      if (own.underWay === 0) accounts.delete(account)
    }
    return enter(own, MAX_OF_ACCOUNT, signal).then(() => leave)
  }

  function requireCapacity(): void {
    if (reading >= MAX_OF_NODE) throw unavailable('Too many uploads at once')
  }

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
    async take(account, signal) {
      if (signal.aborted) throw brokenOff()
      const leaveAccount = await enterAccount(account, signal)
      try {
        await enter(fast, MAX_FAST_OF_NODE, signal)
      } catch (error) {
        leaveAccount()
        throw error
      }
      const { count, giveBack } = beginFast()
      reading++
      const slot = {
        count,
        giveBack() {
          reading--
          giveBack()
          leaveAccount()
        },
      }
      if (reading <= MAX_OF_NODE) return slot
      // Other uploads have started while this one waited.
      slot.giveBack()
      throw unavailable('Too many uploads at once')
    },
  }
}

/** A limit, and the waiting callers in their order. */
interface Bound {
  underWay: number
  waiting: Set<() => void>
}

const createBound = (): Bound => ({ underWay: 0, waiting: new Set() })

async function enter(bound: Bound, max: number, signal: AbortSignal): Promise<void> {
  if (bound.underWay < max) {
    bound.underWay++
    return
  }
  await new Promise<void>((resolve, reject) => {
    const proceed = () => {
      signal.removeEventListener('abort', leave)
      resolve()
    }
    const leave = () => {
      bound.waiting.delete(proceed)
      reject(brokenOff())
    }
    signal.addEventListener('abort', leave, { once: true })
    bound.waiting.add(proceed)
  })
}

/** No client receives this response: it has disconnected. */
const brokenOff = () => new RequestError(400, 'The upload broke off')

function passOn(bound: Bound): void {
  const [next] = bound.waiting
  if (next === undefined) {
    bound.underWay--
    return
  }
  bound.waiting.delete(next)
  next()
}
