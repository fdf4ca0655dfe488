import type { Client } from 'pg'
import { StartupError } from '../../errors/startup-error.js'
import { openConnection, type ConnectionTarget } from '../connection-pool.js'
import { READ_ONLY } from '../failures.js'

/** PostgreSQL 15, as `server_version_num`. */
const MIN_SERVER_VERSION = 150_000
const SECOND_CONNECTION_TIMEOUT_MS = 3000

interface Findings {
  version: number
  versionName: string
  encoding: string
  role: string
  pid: number
  isReadOnly: boolean
  roleHasSchema: boolean
  replicationRole: string
  settings: Record<string, string>
}

/**
 * Checks that the service can keep its guarantees on this database. Returns a line about timeouts of the role that differ
 * from the configured one, if there are such.
 * @throws StartupError that says what to change · an Error with PostgreSQL's code while the database is read-only,
 * which may pass
 */
export async function checkDatabase(client: Client, target: ConnectionTarget): Promise<string | undefined> {
  const found = await readFindings(client, target)
  if (found.version < MIN_SERVER_VERSION)
    throw new StartupError(`PostgreSQL 15 is needed, this is ${found.versionName}`)
  if (found.encoding !== 'UTF8') {
    throw new StartupError(`The database has the encoding ${found.encoding}. Create one with encoding 'UTF8'.`)
  }
  if (found.replicationRole !== 'origin') {
    throw new StartupError(
      `session_replication_role is ${found.replicationRole}, so that no trigger fires. Set origin.`,
    )
  }
  if (target.pooler === 'transaction') checkRole(found, target)
  else await checkConnection(client, found, target)
  if (found.isReadOnly) throw Object.assign(new Error('it is read-only'), { code: READ_ONLY })
  return target.pooler === 'transaction' ? describeTimeouts(found, target) : undefined
}

async function readFindings(client: Client, { settings }: ConnectionTarget): Promise<Findings> {
  const { rows } = await client.query<Findings>(
    `select current_setting('server_version_num')::int as version, current_setting('server_version') as "versionName",
       current_setting('server_encoding') as encoding, current_user as role, pg_backend_pid() as pid,
       pg_is_in_recovery() or current_setting('transaction_read_only')::bool as "isReadOnly",
       exists (select from pg_namespace where nspname = current_user) as "roleHasSchema",
       current_setting('session_replication_role') as "replicationRole",
       (select json_object_agg(name, setting) from pg_settings where name = any($1)) as settings`,
    [Object.keys(settings)],
  )
  if (rows[0] === undefined) throw new Error('The database did not describe itself')
  return rows[0]
}

/** Checks that the startup options apply: a pooler in between may have dropped them. */
async function checkConnection(client: Client, found: Findings, target: ConnectionTarget): Promise<void> {
  const lost = Object.entries(target.settings).find(([name, value]) => found.settings[name] !== value)
  if (lost !== undefined) {
    throw new StartupError(
      `${lost[0]} is not as this connection has set it. Behind a pooler, set DATABASE_POOLER to session or transaction.`,
    )
  }
  if (await sharesServer(found.pid, target)) {
    // The settings would stay on the pooler's server connection, which another client gets next.
    await client.query('reset all')
    throw new StartupError('A pooler lends server connections for a transaction. Set DATABASE_POOLER to transaction.')
  }
}

/**
 * Without a pooler two open connections have two backends. A pooler in transaction mode may give the second one the
 * backend of the first.
 */
async function sharesServer(pid: number, target: ConnectionTarget): Promise<boolean> {
  const timeouts = {
    connectionTimeoutMillis: SECOND_CONNECTION_TIMEOUT_MS,
    query_timeout: SECOND_CONNECTION_TIMEOUT_MS,
  }
  const second = await openConnection(target, timeouts).catch(() => undefined)
  try {
    const answer = await second?.query<{ pid: number }>('select pg_backend_pid() as pid')
    return answer?.rows[0]?.pid === pid
  } catch {
    return false
  } finally {
    await second?.end().catch(() => undefined)
  }
}

/** In transaction mode session settings do not last, so the role must have them. Planner settings are not required. */
function checkRole(found: Findings, { address, settings }: ConnectionTarget): void {
  const wrong = Object.entries(settings).filter(([name, value]) => {
    const actual = found.settings[name] ?? ''
    if (name === 'search_path') return !isSearchPathOf(address.schema, actual, found.roleHasSchema)
    return !isGoodEnough(name, actual, value)
  })
  if (wrong.length === 0) return
  const statements = wrong.map(([name, value]) => {
    const text = name === 'search_path' ? value : `'${value}'`
    return `alter role "${found.role.replaceAll('"', '""')}" set ${name} = ${text};`
  })
  throw new StartupError(
    `Behind a pooler in transaction mode the role brings the settings. Run, and let the pooler reconnect: ${statements.join(' ')}`,
  )
}

/** The role may have other timeouts than the node, but not none. */
function describeTimeouts(found: Findings, { settings }: ConnectionTarget): string | undefined {
  const differing = ['statement_timeout', 'idle_in_transaction_session_timeout'].flatMap((name) =>
    found.settings[name] === settings[name] ? [] : `${name} is ${found.settings[name]} ms`,
  )
  if (differing.length === 0) return undefined
  return `Behind the pooler ${differing.join(' and ')}: the role decides, not DATABASE_STATEMENT_TIMEOUT_MS (${settings['statement_timeout']}).`
}

function isSearchPathOf(schema: string, actual: string, roleHasSchema: boolean): boolean {
  const first = actual
    .split(',')
    .map((name) => name.trim())
    .find((name) => name !== '"$user"' || roleHasSchema)
  return first === schema || first === `"${schema}"`
}

function isGoodEnough(name: string, actual: string, wanted: string): boolean {
  switch (name) {
    case 'statement_timeout':
    case 'idle_in_transaction_session_timeout':
      return wanted === '0' ? actual === '0' : actual !== '0'
    case 'synchronous_commit':
      return actual !== 'off'
    case 'TimeZone':
      return /^(Etc\/)?(UTC|UCT|Universal|Zulu)$/.test(actual)
    case 'DateStyle':
      return actual.startsWith('ISO')
    case 'extra_float_digits':
      return Number(actual) > 0
    // Settings that the pooler controls, or that only affect speed.
    case 'idle_session_timeout':
    case 'enable_seqscan':
    case 'jit':
    case 'plan_cache_mode':
      return true
    default:
      return actual === wanted
  }
}
