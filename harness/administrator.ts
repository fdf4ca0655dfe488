import { Pool } from 'pg'

/** By URL. Connections are reused: tests create hundreds of databases, and PostgreSQL starts a process per connection. */
const pools = new Map<string, Pool>()

/** Runs one statement as the cluster's administrator, outside of a transaction. */
export async function runAsAdministrator(databaseUrl: string, sql: string): Promise<void> {
  let pool = pools.get(databaseUrl)
  if (pool === undefined) {
    pool = new Pool({ connectionString: databaseUrl, application_name: 'administrator', allowExitOnIdle: true })
    // The server may end before this process does.
    pool.on('error', () => undefined)
    pools.set(databaseUrl, pool)
  }
  await pool.query(sql)
}
