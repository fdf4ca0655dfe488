import { tooMany, unavailable } from '../errors/request-error.js'

/** More uploads of an account wait, unread, until one has ended: a slow phone does not keep its account from chatting. */
const MOST_OF_ACCOUNT = 4
const MOST_WAITING_OF_ACCOUNT = 100
/** Each takes a file descriptor beside its connection, and some buffers. */
const MOST_OF_NODE = 512

/** Bounds how many uploads are read at once. */
export interface UploadSlots {
  /**
   * Waits for a slot. Returns what gives it back, once.
   * @throws RequestError 429 when too many of the account wait · 503 when the node has too many
   */
  take(account: string): Promise<() => void>
}

export function createUploadSlots(): UploadSlots {
  const accounts = new Map<string, { underWay: number; waiting: (() => void)[] }>()
  let total = 0

  function giveBack(account: string): void {
    const slots = accounts.get(account)
    if (slots === undefined) return
    total--
    const next = slots.waiting.shift()
    if (next !== undefined) next()
    else if (--slots.underWay === 0) accounts.delete(account)
  }

  return {
    async take(account) {
      const slots = accounts.get(account) ?? { underWay: 0, waiting: [] }
      if (slots.waiting.length >= MOST_WAITING_OF_ACCOUNT) throw tooMany('Too many uploads of this account at once')
      if (total >= MOST_OF_NODE) throw unavailable('Too many uploads at once')
      accounts.set(account, slots)
      if (slots.underWay < MOST_OF_ACCOUNT) slots.underWay++
      else await new Promise<void>((proceed) => slots.waiting.push(proceed))
      total++
      return () => giveBack(account)
    },
  }
}
