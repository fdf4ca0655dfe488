import type { Socket } from 'node:net'
import type { Account } from '../../protocol/account.js'

/** On whose behalf a socket is open, and what is being done for it. */
interface Owner {
  account: Account
  /** Undefined when nothing is being done. */
  work?: Promise<void> | undefined
}

/** Limits the sockets of each account. A socket counts from before its upgrade until it is closed and the work for it has ended. */
export function createConnectionLimit(limit: number) {
  const counts = { store: new Map<number, number>(), admin: new Map<number, number>() }
  const owners = new WeakMap<Socket, Owner>()

  /** Shared by all sockets: a listener for each would be a large part of what an idle socket costs. */
  function leave(this: Socket): void {
    const owner = owners.get(this)
    if (owner === undefined) return
    const { account, work } = owner
    if (work === undefined) giveBack(account)
    else void work.finally(() => giveBack(account))
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
      owners.set(socket, { account })
      socket.on('close', leave)
      return true
    },
    /** From now on the work of a connection counts for a socket that was taken. */
    setOwner(socket: Socket, connection: Owner): void {
      owners.set(socket, connection)
    },
  }
}
