import { randomBytes } from 'node:crypto'
import { Pool, type QueryResultRow } from 'pg'
import type { Test } from 'tap'
import { runAsAdministrator } from '../../../harness/administrator.js'
import { readServices } from '../../../harness/services.js'

/** A database and a way to look into it that does not pass through the product. */
export interface TestDatabase {
  url: string
  query<Row extends QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>
}

/** Makes a migrated database for this test alone, cloned from the template; it is dropped at the test's end. */
export async function createDatabase(t: Test): Promise<TestDatabase> {
  return cloneDatabase(t, readServices().templateDatabase)
}

/** Makes a database without a single table. */
export async function createEmptyDatabase(t: Test): Promise<TestDatabase> {
  return cloneDatabase(t, 'template0')
}

async function cloneDatabase(t: Test, template: string): Promise<TestDatabase> {
  const { databaseUrl } = readServices()
  const name = `test_${randomBytes(6).toString('hex')}`
  await runAsAdministrator(databaseUrl, `create database ${name} template ${template}`)
  t.teardown(() => runAsAdministrator(databaseUrl, `drop database ${name} with (force)`))
  const url = new URL(databaseUrl)
  url.pathname = name
  return lookInto(t, url.href)
}

/** Opens a database that is there already. */
export function lookInto(t: Test, url: string): TestDatabase {
  const pool = new Pool({ connectionString: url, max: 4, application_name: 'test' })
  // Tests stop servers; a connection that ends by that is no news.
  pool.on('error', () => undefined)
  t.teardown(() => pool.end())
  return {
    url,
    async query<Row extends QueryResultRow>(sql: string, values: unknown[] = []) {
      const { rows } = await pool.query<Row>(sql, values)
      return rows
    },
  }
}
