import type { Socket } from 'node:net'
import type { Account } from '../../protocol/account.js'

/**
 * Limits the sockets of each account. A socket counts from before its upgrade until it is closed and the work for it, which
 * `workOf` returns, has ended.
 */
export function createConnectionLimit(limit: number, workOf: (socket: Socket) => Promise<void> | undefined) {
  const counts = { store: new Map<number, number>(), admin: new Map<number, number>() }
  const owners = new WeakMap<Socket, Account>()

  /** Shared by all sockets: a listener for each would be a large part of what an idle socket costs. */
  function leave(this: Socket): void {
    const owner = owners.get(this)
    if (owner === undefined) return
    const work = workOf(this)
    if (work === undefined) giveBack(owner)
    else void work.finally(() => giveBack(owner))
  }

  function giveBack({ side, id }: Account): void {
    const left = (counts[side].get(id) ?? 0) - 1
    if (left > 0) counts[side].set(id, left)
    else counts[side].delete(id)
  }

  return {
    /** Returns false when the account has reached its limit. */
    take(account: Account, socket: Socket): boolean {
      const { side, id } = account
      const count = counts[side].get(id) ?? 0
      if (count >= limit) return false
      // A socket that was closed meanwhile emits no other `close`.
      if (socket.destroyed) return true
      counts[side].set(id, count + 1)
      owners.set(socket, account)
      socket.on('close', leave)
      return true
    },
  }
}
