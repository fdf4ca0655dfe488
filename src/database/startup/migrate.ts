import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import type { MigrationList } from '@prisma/schema-engine-wasm'
import { escapeIdentifier, type Client } from 'pg'
import { StartupError } from '../../errors/startup-error.js'
import { openConnection, type ConnectionTarget } from '../connection-pool.js'
import { readDatabaseUrl } from '../database-url.js'
import { isLockTimeout, isPermissionDenied } from '../failures.js'
import { withSchemaEngine } from './schema-engine.js'
import { createMigrationSettings, type Pooler } from '../session-settings.js'
import { describeReason } from './wait-for-database.js'

const migrationsFolder = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url))

/** An advisory lock around Prisma's own one, for which Prisma waits only 10 s. */
export const MIGRATION_LOCK = 7_266_002

export interface MigrationOptions {
  /** Name of the setting that contains the URL, for messages. */
  setting?: string
  pooler?: Pooler
  /** Maximum wait while another node migrates. Default: no limit. */
  timeoutMs?: number
  /** Called when another node is migrating. */
  onWait?: () => void
}

/** Describes the connection that migrations are applied through. */
export function describeMigrationTarget(databaseUrl: string, options: MigrationOptions = {}): ConnectionTarget {
  const address = readDatabaseUrl(databaseUrl, options.setting)
  return { address, pooler: options.pooler ?? 'none', settings: createMigrationSettings(address.schema) }
}

/**
 * Applies the migrations that a database lacks, and returns their names. When many nodes start at once, one migrates
 * and the others wait. A database that lacks none is only read. The history is compatible with `prisma migrate deploy`:
 * same table, same checksums.
 * @throws StartupError: no privilege to create tables, another node that does not finish, or a failed migration
 */
export async function migrateDatabase(databaseUrl: string, options: MigrationOptions = {}): Promise<string[]> {
  const target = describeMigrationTarget(databaseUrl, options)
  const client = await openConnection(target)
  try {
    const pending = await findPendingMigrations(client, target)
    if (pending.length === 0) return []
    if (target.pooler === 'transaction') {
      throw new StartupError(
        `${pending.length} migrations are to be applied, which needs a connection past the pooler. Set MIGRATION_DATABASE_URL.`,
      )
    }
    await lockMigrations(client, options)
    await provideSchema(client, target.address.schema)
    return await applyMigrations(target)
  } finally {
    await client.end()
  }
}

/** Reads the names of the migrations that a database lacks. */
export async function findPendingMigrations(client: Client, { address }: ConnectionTarget): Promise<string[]> {
  const table = `${escapeIdentifier(address.schema)}._prisma_migrations`
  const { migrationDirectories } = await readMigrations()
  const names = migrationDirectories.map(({ path }) => path)
  const { rows: found } = await client.query<{ isThere: boolean }>(`select to_regclass($1) is not null as "isThere"`, [
    table,
  ])
  if (found[0]?.isThere !== true) return names
  const { rows } = await client.query<{ name: string }>(
    `select migration_name as name from ${table} where finished_at is not null and rolled_back_at is null`,
  )
  const applied = new Set(rows.map(({ name }) => name))
  return names.filter((name) => !applied.has(name))
}

async function lockMigrations(client: Client, { timeoutMs, onWait }: MigrationOptions): Promise<void> {
  const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [
    MIGRATION_LOCK,
  ])
  if (rows[0]?.locked === true) return
  onWait?.()
  // 0 would mean no limit.
  if (timeoutMs !== undefined) await client.query(`set lock_timeout = ${Math.max(1, Math.ceil(timeoutMs))}`)
  await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]).catch((error: unknown) => {
    if (!isLockTimeout(error)) throw error
    throw new StartupError(`Another node still migrates the database after ${timeoutMs} ms (DATABASE_START_TIMEOUT_MS)`)
  })
}

/** Creates a missing schema, as `prisma migrate deploy` does. */
async function provideSchema(client: Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ role: string; isThere: boolean; mayCreate: boolean | null }>(
    `select current_user as role, to_regnamespace($1) is not null as "isThere",
       has_schema_privilege(to_regnamespace($1), 'create') as "mayCreate"`,
    [escapeIdentifier(schema)],
  )
  const found = rows[0]
  if (found?.mayCreate === false) throw mayNotMigrate(found.role, schema)
  if (found?.isThere === true) return
  await client.query(`create schema if not exists ${escapeIdentifier(schema)}`).catch((error: unknown) => {
    throw isPermissionDenied(error) ? mayNotMigrate(found?.role ?? '', schema) : error
  })
}

const mayNotMigrate = (role: string, schema: string) =>
  new StartupError(
    `Migrations are to be applied, and the role ${role} may not create tables in the schema ${schema}. Grant it, or set MIGRATION_DATABASE_URL.`,
  )

async function applyMigrations(target: ConnectionTarget): Promise<string[]> {
  const migrationsList = await readMigrations()
  const filters = { externalTables: [], externalEnums: [] }
  try {
    return await withSchemaEngine(target, async (engine) => {
      const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters })
      return appliedMigrationNames
    })
  } catch (error) {
    throw new StartupError(`The database could not be migrated: ${describeReason(error)}`)
  }
}

/** Reads the migrations of this package, in the order in which they are applied. */
export async function readMigrations(): Promise<MigrationList> {
  const entries = await readdir(migrationsFolder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  const read = async (path: string) => readFile(join(migrationsFolder, path), 'utf8')
  return {
    baseDir: migrationsFolder,
    lockfile: { path: 'migration_lock.toml', content: await read('migration_lock.toml') },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.sort().map(async (name) => ({
        path: name,
        migrationFile: {
          path: 'migration.sql',
          content: { tag: 'ok' as const, value: await read(join(name, 'migration.sql')) },
        },
      })),
    ),
  }
}
