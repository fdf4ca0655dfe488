import { createHash } from 'node:crypto'
import { Prisma } from '../generated/prisma/client.js'
import type { Database } from './database.js'
import { isDatabaseAway } from './failures.js'

/** Long enough to be unique, short enough for a channel's name. */
const NAME_LENGTH = 16

/**
 * Names the database that this node is connected to. All nodes on it give the same name, and no node on another database
 * does.
 *
 * An id stored in the database would be the same in a staging system that its backup was restored into; so would
 * PostgreSQL's system identifier when the backup is a copy of the data folder. The name therefore identifies the running
 * server: the microsecond of its start, the system identifier (where the role may read it) and the oid of the database. It
 * changes with a restart or a failover of the database.
 */
export async function readInstallation(db: Database): Promise<string> {
  const [server] = await db.prisma.$queryRaw<
    { startedAt: string; databaseOid: string; mayReadSystem: boolean }[]
  >(Prisma.sql`
    select extract(epoch from pg_postmaster_start_time())::text as "startedAt", oid::text as "databaseOid",
      has_function_privilege('pg_control_system()', 'execute') as "mayReadSystem"
    from pg_database where datname = current_database()`)
  if (server === undefined) throw new Error('The database does not know itself')
  const { startedAt, databaseOid, mayReadSystem } = server
  const system = mayReadSystem ? await readSystemIdentifier(db) : ''
  return createHash('sha256').update([startedAt, databaseOid, system].join()).digest('base64url').slice(0, NAME_LENGTH)
}

/** Some hosted servers grant the function, and it fails nevertheless. */
async function readSystemIdentifier(db: Database): Promise<string> {
  try {
    const [row] = await db.prisma.$queryRaw<{ identifier: string }[]>(
      Prisma.sql`select system_identifier::text as identifier from pg_control_system()`,
    )
    return row?.identifier ?? ''
  } catch (error) {
    if (isDatabaseAway(error)) throw error
    return ''
  }
}
