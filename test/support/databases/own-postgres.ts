import type { Test } from 'tap'
import { migrateDatabase } from '../../../src/database/startup/migrate.js'
import { openCluster } from '../../../src/embedded/cluster.js'
import { lookInto, type TestDatabase } from './database.js'
import { findFreePort } from '../../../harness/free-port.js'
import { copyCluster } from '../../../harness/copy-cluster.js'
import { readServices } from '../../../harness/services.js'
import { createTempFolder } from '../temp-folder.js'

/** A PostgreSQL that one test may stop and restart. It keeps its port. */
export interface OwnPostgres extends TestDatabase {
  port: number
  start(): Promise<void>
  /** `immediate` is like a crash. */
  stop(mode?: 'fast' | 'immediate'): Promise<void>
}

/** Creates a folder with a cluster whose database is migrated. All of them have the same identifier. */
export async function createMigratedFolder(t: Test): Promise<string> {
  const folder = await createTempFolder(t)
  await copyCluster(readServices().templateCluster, folder)
  return folder
}

interface OwnPostgresOptions {
  /** Whether it has the same identifier as the others. Default: true. */
  isRelated?: boolean
  settings?: Record<string, string>
}

/** Starts a PostgreSQL with a migrated database. */
export async function startOwnPostgres(t: Test, options: OwnPostgresOptions = {}): Promise<OwnPostgres> {
  const { isRelated = true, settings = {} } = options
  const cluster = await openCluster(await (isRelated ? createMigratedFolder(t) : createTempFolder(t)))
  const port = await findFreePort()
  const start = () => cluster.start({ port, settings: { fsync: 'off', ...settings } })
  t.teardown(() => cluster.stop('immediate'))
  await start()
  const url = await cluster.url()
  if (url === undefined) throw new Error('The started PostgreSQL does not run')
  if (!isRelated) await migrateDatabase(url)
  return { ...lookInto(t, url), port, start, stop: (mode = 'fast') => cluster.stop(mode) }
}
