import { StartupError } from '../../errors/startup-error.js'
import { checkRights } from './check-rights.js'
import { openConnection, type ConnectionTarget } from '../connection-pool.js'
import { describeTarget, type DatabaseOptions } from '../database.js'
import { isDatabaseAway, isRefused } from '../failures.js'
import { describeMigrationTarget, findPendingMigrations, migrateDatabase } from './migrate.js'
import { describeReason, waitForDatabase } from './wait-for-database.js'

export interface PrepareOptions extends DatabaseOptions {
  /** Separate URL for migrations: without a pooler, or with a role that may create tables. Default: `databaseUrl`. */
  migrationDatabaseUrl?: string | undefined
  databaseStartTimeoutMs: number
}

/**
 * Waits for a configured database, checks it and migrates it. `onWait` is called with a line for each reason to wait, and for
 * settings that have no effect.
 * @throws StartupError with one line that says what to change
 */
export async function prepareDatabase(options: PrepareOptions, onWait: (line: string) => void): Promise<void> {
  try {
    await prepare(options, onWait)
  } catch (error) {
    if (error instanceof StartupError || !(isRefused(error) || isDatabaseAway(error))) throw error
    throw new StartupError(`The database refuses: ${describeReason(error)}`)
  }
}

async function prepare(options: PrepareOptions, onWait: (line: string) => void): Promise<void> {
  const deadline = performance.now() + options.databaseStartTimeoutMs
  const remainingMs = () => Math.max(0, deadline - performance.now())
  const onRetry = (reason: string) => onWait(`The database is not there yet, trying again: ${reason}`)
  const target = describeTarget(options)
  const { ignored } = target.address
  if (ignored.length > 0) onWait(`DATABASE_URL has parameters that mean nothing here: ${ignored.join(', ')}`)
  const difference = await waitForDatabase(target, remainingMs(), onRetry)
  if (difference !== undefined) onWait(difference)

  // With a separate URL, the migrations may still create missing tables and privileges.
  const mayLack = options.migrationDatabaseUrl !== undefined
  if (await isMigrated(target).catch((error: unknown) => (mayLack ? false : Promise.reject(error as Error)))) return
  const { url, ...migration } = describeMigration(options)
  if (mayLack) {
    const migrationTarget = describeMigrationTarget(url, migration)
    if (migrationTarget.address.schema !== target.address.schema) {
      throw new StartupError('MIGRATION_DATABASE_URL and DATABASE_URL name different schemas (?schema=…)')
    }
    await waitForDatabase(migrationTarget, remainingMs(), onRetry)
  }
  const onLocked = () => onWait('Another node migrates the database, waiting for it')
  await migrateDatabase(url, { ...migration, timeoutMs: remainingMs(), onWait: onLocked })
  if (!(await isMigrated(target))) {
    throw new StartupError('MIGRATION_DATABASE_URL names another database than DATABASE_URL')
  }
}

/** @throws StartupError when the role lacks a privilege */
async function isMigrated(target: ConnectionTarget): Promise<boolean> {
  const client = await openConnection(target)
  try {
    await checkRights(client, target)
    return (await findPendingMigrations(client, target)).length === 0
  } finally {
    await client.end()
  }
}

function describeMigration({ migrationDatabaseUrl, databaseUrl, databasePooler = 'none' }: PrepareOptions) {
  return migrationDatabaseUrl === undefined
    ? { url: databaseUrl, setting: 'DATABASE_URL', pooler: databasePooler }
    : { url: migrationDatabaseUrl, setting: 'MIGRATION_DATABASE_URL', pooler: 'none' as const }
}
