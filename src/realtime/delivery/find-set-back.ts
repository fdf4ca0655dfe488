import type { Statements } from '../../database/database.js'
import { readStandings } from '../positions/session-positions.js'
import type { Position } from '../positions/position.js'

const SESSIONS_TOGETHER = 1000

/**
 * Finds the sessions of which events were delivered that PostgreSQL does not hold: the database was set back, and may have
 * gone on from there.
 */
export async function* findSetBack(db: Statements, positions: Position[]): AsyncGenerator<Position> {
  for (let from = 0; from < positions.length; from += SESSIONS_TOGETHER) {
    const some = positions.slice(from, from + SESSIONS_TOGETHER).filter(({ beginning }) => beginning === undefined)
    // A copy from before the comparison: events that are delivered meanwhile prove nothing.
    const delivered = some.map((position) => ({ position, ...position }))
    const standings = new Map((await readStandings(db, delivered)).map((standing) => [standing.sessionId, standing]))
    for (const { position, sessionId, storeId, last, lastAt } of delivered) {
      const standing = standings.get(sessionId)
      if (standing === undefined || position.beginning !== undefined) continue
      const isGone = standing.seq === null || standing.storeId !== storeId || standing.seq < last
      const isAnother = last > 0 && lastAt !== undefined && !standing.lastAt.includes(lastAt)
      if (isGone || isAnother) yield position
    }
  }
}
