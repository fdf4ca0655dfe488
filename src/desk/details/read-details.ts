import { batchReads } from '../../database/batch.js'
import { defineColumns } from '../../database/columns.js'
import type { Database } from '../../database/database.js'
import { noDetails } from '../../database/rows/session-details.js'
import { Prisma } from '../../generated/prisma/client.js'
import type { SessionDetails } from '../../protocol/schemas/desk.js'

const columns = defineColumns<SessionDetails & { id: number }>({
  id: 'd.session_id',
  tags: 'd.tags',
  priority: 'd.priority',
})

/**
 * Reads the tags and priority of a session. Concurrent reads share a statement. It does not check who may read them:
 * only admins may.
 */
export type DetailsReader = (sessionId: number) => Promise<SessionDetails>

export function createDetailsReader(db: Database): DetailsReader {
  const read = batchReads(async (sessionIds: number[]) => {
    const rows = await columns.read(
      db,
      Prisma.sql`${columns.select} from chat_session_details d where d.session_id = any(${sessionIds}::bigint[])`,
    )
    return new Map(rows.map(({ id, ...details }) => [id, details]))
  })
  return async (sessionId) => (await read(sessionId)) ?? noDetails
}
