import type { Socket } from 'node:net'
import type { Account } from '../accounts/authentication.js'

/** Limits the sockets of each account. One counts from before its upgrade until it has gone. */
export function createPlaces(limit: number) {
  const counts = new Map<string, number>()

  return {
    /** False when the account has as many as it may. */
    take({ side, id }: Account, socket: Socket): boolean {
      const key = `${side}:${id}`
      const count = counts.get(key) ?? 0
      if (count >= limit) return false
      // One that has gone meanwhile will not say so again.
      if (socket.destroyed) return true
      counts.set(key, count + 1)
      socket.once('close', () => {
        const left = (counts.get(key) ?? 0) - 1
        if (left > 0) counts.set(key, left)
        else counts.delete(key)
      })
      return true
    },
  }
}
