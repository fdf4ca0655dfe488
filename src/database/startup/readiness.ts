import { Prisma } from '../../generated/prisma/client.js'
import type { Database } from '../database.js'
import { readMigrations } from './migrate.js'

/** Returns why a reachable database cannot be used, as a text for people; undefined when it can. */
export async function findObstacle(db: Database): Promise<string | undefined> {
  const newest = await (newestMigration ??= readNewestMigration())
  const [row] = await db.prisma.$queryRaw<{ isReadOnly: boolean; isMigrated: boolean }[]>(Prisma.sql`
    select pg_is_in_recovery() or current_setting('transaction_read_only')::bool as "isReadOnly",
      exists (select from _prisma_migrations where migration_name = ${newest} and finished_at is not null) as "isMigrated"`)
  if (row?.isReadOnly !== false) {
    db.pool.replaceConnections()
    return 'The database is read-only'
  }
  return row.isMigrated ? undefined : 'The database lacks a migration'
}

/** The migrations of the package do not change while the process runs. */
let newestMigration: Promise<string> | undefined

async function readNewestMigration(): Promise<string> {
  const { migrationDirectories } = await readMigrations()
  return migrationDirectories.at(-1)?.path ?? ''
}
