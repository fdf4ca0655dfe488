import { spawn } from 'node:child_process'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import type { Test } from 'tap'
import type { Pooler } from '../../../src/database/session-settings.js'
import { findPgBouncer } from '../../../harness/find-program.js'
import { findFreePort } from '../../../harness/free-port.js'
import { readServices } from '../../../harness/services.js'
import { createTempFolder } from '../temp-folder.js'
import { until } from '../../../harness/until.js'

export type PoolMode = Exclude<Pooler, 'none'>

/** A PgBouncer in front of the tests' PostgreSQL. */
export interface TestPooler {
  mode: PoolMode
  /** The URL that reaches a database through it. */
  through(databaseUrl: string): string
}

const START_DEADLINE_MS = 10_000
/** Settings of the server connections in transaction mode, as documented in docs/operating.md. */
const CONNECT_QUERY = `connect_query='set statement_timeout = 5000; set idle_in_transaction_session_timeout = 5000'`

/** Starts a PgBouncer for the rest of the file. Returns undefined, and skips the file, if PgBouncer is missing. */
export async function startPooler(t: Test, mode: PoolMode, withSettings = true): Promise<TestPooler | undefined> {
  const program = await findPgBouncer()
  if (program === undefined) {
    console.error('SKIPPED: the tests behind a pooler need PgBouncer (Debian: pgbouncer)')
    t.pass('skipped without PgBouncer', { skip: 'there is no pgbouncer' })
    return undefined
  }
  const server = new URL(readServices().databaseUrl)
  const port = await findFreePort()
  const folder = await createTempFolder(t)
  const settings = join(folder, 'pgbouncer.ini')
  const target = `host=${server.hostname} port=${server.port} user=${server.username} password=${server.password}`
  await writeFile(
    settings,
    `[databases]
* = ${target} ${mode === 'transaction' && withSettings ? CONNECT_QUERY : ''}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = 60
max_client_conn = 500
`,
  )
  // PgBouncer refuses to run as root.
  await chmod(folder, 0o755)
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const child = spawn(program, ['-q', ...user, settings], { stdio: 'ignore' })
  t.teardown(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  })
  const through = (databaseUrl: string) => {
    const url = new URL(databaseUrl)
    url.port = String(port)
    return url.href
  }
  await until(() => answers(through(server.href)), START_DEADLINE_MS, 'PgBouncer answers')
  return { mode, through }
}

async function answers(url: string): Promise<boolean> {
  const client = new Client(url)
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } finally {
    await client.end().catch(() => undefined)
  }
}

let chosen: TestPooler | undefined

/** Routes all nodes of this file, in this process and in others, to their databases through a pooler. */
export async function routeThroughPooler(t: Test, mode: PoolMode): Promise<boolean> {
  chosen = await startPooler(t, mode)
  return chosen !== undefined
}

/** Whether the nodes of this file reach their databases through a pooler. */
export const isPooled = (): boolean => chosen !== undefined

/** The settings by which a node in this process reaches a database. */
export function routeTo(databaseUrl: string): { databaseUrl: string; databasePooler: Pooler } {
  return { databaseUrl: chosen?.through(databaseUrl) ?? databaseUrl, databasePooler: chosen?.mode ?? 'none' }
}

/** The same for a node in its own process. */
export function routeEnvironment(environment: Record<string, string>): Record<string, string> {
  const direct = environment['DATABASE_URL']
  if (chosen === undefined || direct === undefined) return environment
  return {
    ...environment,
    DATABASE_URL: chosen.through(direct),
    DATABASE_POOLER: chosen.mode,
    MIGRATION_DATABASE_URL: direct,
  }
}
