import { Prisma } from '../../generated/prisma/client.js'
import { readText, type Database, type ReadPool } from '../database.js'
import { epochMs } from '../sql.js'
import type { Replicas } from './replicas.js'

/**
 * The position of a session on the primary, as a statement on the primary returned it. Null without replicas.
 *
 * A replica at the same position has the same messages of the session: every message increments `seq`, and whoever
 * changes messages in SQL sets `updated`. Positions are only compared for equality. After a failover the same `seq` may
 * be given a second time, but not in the same millisecond.
 */
export type Position = string | null

/**
 * Reads the history of a session. Who may read it, and up to which event, is decided before on the primary, by the
 * statement that also returns the position.
 */
export interface HistoryReader {
  readonly hasReplicas: boolean
  /** SQL of the position of the session `s`. */
  readonly position: Prisma.Sql
  /**
   * Reads rows from a replica that is at this position of the session, otherwise from the primary.
   * @param rows SQL of one row with one JSON value, `rows`, for `toRows`; `s` is the session
   */
  read(sessionId: number, position: Position, rows: Prisma.Sql): Promise<unknown[][]>
}

const CONNECTIONS = 4
/** A page normally takes a few milliseconds. */
const PATIENCE_MS = 500

export function createHistoryReader(db: Database, replicas?: Replicas): HistoryReader {
  const reader = replicas?.openReader({ connections: CONNECTIONS, patienceMs: PATIENCE_MS })
  const position =
    reader === undefined
      ? Prisma.sql`null::text`
      : Prisma.raw(`(${reader.lineage} || '.' || s.seq || '.' || ${epochMs('s.updated')})`)

  async function readOn(db: Database | ReadPool, sessionId: number, rows: Prisma.Sql, condition: Prisma.Sql) {
    const json = await readText(
      db,
      Prisma.sql`
      select past.rows::text from chat_session s cross join lateral (${rows}) past
      where s.id = ${sessionId} and ${condition}`,
    )
    return json === undefined ? undefined : (JSON.parse(json) as unknown[][])
  }

  return {
    hasReplicas: reader !== undefined,
    position,
    async read(sessionId, known, rows) {
      const readPrimary = async () => (await readOn(db, sessionId, rows, Prisma.sql`true`)) ?? []
      if (reader === undefined || known === null) return readPrimary()
      return reader.read((replica) => readOn(replica, sessionId, rows, Prisma.sql`${position} = ${known}`), readPrimary)
    },
  }
}
