import { createHash } from 'node:crypto'
import { Prisma } from '../generated/prisma/client.js'
import type { Database } from './database.js'
import { isDatabaseAway } from './failures.js'

/** Characters of the name: enough to be unique, and short for a channel name. */
const NAME_LENGTH = 16

/**
 * Returns a name of the database that this node is connected to. All nodes on this database get the same name, and no
 * node on another database gets it.
 *
 * An id stored in the database would be the same in a staging system that was restored from its backup. So would
 * PostgreSQL's system identifier if the backup is a copy of the data folder. The name therefore identifies the running
 * server: the time of its start in microseconds, the system identifier (where the role may read it) and the oid of the
 * database. It changes with a restart or a failover of the database.
 */
export async function readInstallation(db: Database): Promise<string> {
  const [server] = await db.prisma.$queryRaw<
    { startedAt: string; databaseOid: string; mayReadSystem: boolean }[]
  >(Prisma.sql`
    select extract(epoch from pg_postmaster_start_time())::text as "startedAt", oid::text as "databaseOid",
      has_function_privilege('pg_control_system()', 'execute') as "mayReadSystem"
    from pg_database where datname = current_database()`)
  if (server === undefined) throw new Error('The database is not in pg_database')
  const { startedAt, databaseOid, mayReadSystem } = server
  const system = mayReadSystem ? await readSystemIdentifier(db) : ''
  return createHash('sha256').update([startedAt, databaseOid, system].join()).digest('base64url').slice(0, NAME_LENGTH)
}

/** On some hosted servers the role has the privilege, but the function still fails. */
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
