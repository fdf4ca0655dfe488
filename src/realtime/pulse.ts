import type { Connection } from './connection.js'
import { closeCodes } from './frames.js'

const MOST_MISSED = 2
const SLICES = 30

/**
 * Pings every socket once in an interval, a slice of them at a time, and cuts those that missed two: a peer that is frozen
 * or gone looks connected for ever otherwise. Closes the sockets whose token has expired.
 */
export function createPulse(connections: Set<Connection>, intervalMs: number) {
  let turn = 0
  const timer = setInterval(() => {
    turn = (turn + 1) % SLICES
    const now = Date.now()
    for (const connection of connections) {
      if (connection.account.expiresAt <= now) connection.close(closeCodes.tokenRevoked, 'token expired')
      else if (connection.number % SLICES === turn) ping(connection)
    }
  }, intervalMs / SLICES)
  return { stop: () => clearInterval(timer) }
}

function ping(connection: Connection): void {
  if (!connection.ping(MOST_MISSED)) connection.socket.terminate()
}
