import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import type { MigrationList } from '@prisma/schema-engine-wasm'
import { Client } from 'pg'
import { withSchemaEngine } from './schema-engine.js'

const migrationsFolder = fileURLToPath(new URL('../../prisma/migrations', import.meta.url))

/** A queue of our own, because Prisma's lock, which the engine takes below it, gives up after 10 s. */
export const MIGRATION_LOCK = 7_266_002

/**
 * Brings a database up to the newest migration and returns the names of those applied now. Of many nodes that start at
 * once one does the work and the others wait for it. The history is Prisma's: same table, same checksums.
 */
export async function migrateDatabase(databaseUrl: string): Promise<string[]> {
  const lock = new Client(databaseUrl)
  lock.on('error', () => undefined)
  await lock.connect()
  try {
    await lock.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    return await applyMigrations(databaseUrl)
  } finally {
    await lock.end()
  }
}

async function applyMigrations(databaseUrl: string): Promise<string[]> {
  const migrationsList = await readMigrations()
  const filters = { externalTables: [], externalEnums: [] }
  return withSchemaEngine(databaseUrl, async (engine) => {
    const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters })
    return appliedMigrationNames
  })
}

/** The migrations of this package, in the order they apply. */
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
