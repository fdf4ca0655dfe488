import type { Test } from 'tap'
import { migrateDatabase } from '../../../src/database/startup/migrate.js'
import { openCluster } from '../../../src/embedded/cluster.js'
import { lookInto, type TestDatabase } from './database.js'
import { findFreePort } from '../../../harness/free-port.js'
import { createTempFolder } from '../temp-folder.js'

/** A PostgreSQL that one test may stop and restart. It keeps its port. */
export interface OwnPostgres extends TestDatabase {
  port: number
  start(): Promise<void>
  /** `immediate` is like a crash. */
  stop(mode?: 'fast' | 'immediate'): Promise<void>
}

/** Starts a PostgreSQL with a migrated database, or with an empty one. */
export async function startOwnPostgres(
  t: Test,
  options: { migrated?: boolean; settings?: Record<string, string> } = {},
): Promise<OwnPostgres> {
  const { migrated = true, settings = {} } = options
  const cluster = await openCluster(await createTempFolder(t))
  const port = await findFreePort()
  const start = () => cluster.start({ port, settings: { fsync: 'off', ...settings } })
  t.teardown(() => cluster.stop('immediate'))
  await start()
  const url = await cluster.url()
  if (url === undefined) throw new Error('The started PostgreSQL does not run')
  if (migrated) await migrateDatabase(url)
  return { ...lookInto(t, url), port, start, stop: (mode = 'fast') => cluster.stop(mode) }
}
