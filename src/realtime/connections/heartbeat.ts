import type { Connection } from './connection.js'
import { closeCodes } from '../../protocol/codes.js'

const MOST_MISSED = 2
const SLICES = 30
const EXPIRY_INTERVAL_MS = 500

/**
 * Pings every socket once per interval, a slice of them at a time, and cuts those that missed two pings: without it, a peer
 * that is frozen or gone looks connected for ever. Closes sockets within a second of the expiry of their token: checking
 * 10,000 sockets takes a fraction of a millisecond.
 */
export function createHeartbeat(connections: Set<Connection>, intervalMs: number) {
  let turn = 0
  const pinger = setInterval(() => {
    turn = (turn + 1) % SLICES
    for (const connection of connections) if (connection.number % SLICES === turn) ping(connection)
  }, intervalMs / SLICES)
  const expirer = setInterval(() => {
    const now = Date.now()
    for (const connection of connections) {
      if (connection.account.expiresAt <= now) connection.close(closeCodes.tokenRevoked, 'token expired')
    }
  }, EXPIRY_INTERVAL_MS)
  return {
    stop(): void {
      clearInterval(pinger)
      clearInterval(expirer)
    },
  }
}

function ping(connection: Connection): void {
  if (!connection.ping(MOST_MISSED)) connection.socket.terminate()
}
