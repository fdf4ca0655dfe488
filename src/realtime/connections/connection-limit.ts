import type { Socket } from 'node:net'
import type { Account } from '../../protocol/account.js'

/**
 * Limits the sockets of each account. One counts from before its upgrade until it has gone and what was being done for it
 * has ended: `workOf` tells what that is.
 */
export function createConnectionLimit(limit: number, workOf: (socket: Socket) => Promise<void> | undefined) {
  const counts = { store: new Map<number, number>(), admin: new Map<number, number>() }
  const owners = new WeakMap<Socket, Account>()

  /** One for all sockets: an idle socket should cost little, and a listener of its own is a good part of it. */
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
    /** False when the account has as many as it may. */
    take(account: Account, socket: Socket): boolean {
      const { side, id } = account
      const count = counts[side].get(id) ?? 0
      if (count >= limit) return false
      // One that has gone meanwhile will not say so again.
      if (socket.destroyed) return true
      counts[side].set(id, count + 1)
      owners.set(socket, account)
      socket.on('close', leave)
      return true
    },
  }
}
