import { createHash } from 'node:crypto'
import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient, type Prisma } from '../generated/prisma/client.js'
import { openPool, type ConnectionPool, type ConnectionTarget } from './connection-pool.js'
import { readDatabaseUrl } from './database-url.js'
import { createSessionSettings, type Pooler } from './session-settings.js'

export type Database = PrismaClient
/** Runs single statements: the database, or a transaction in it. */
export type Statements = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>

const QUERY_GRACE_MS = 1000

interface Connections {
  pool: ConnectionPool
  nameStatement: (sql: string) => string | undefined
}
const connections = new WeakMap<Statements, Connections>()

export interface DatabaseOptions {
  databaseUrl: string
  /** Default: none. */
  databasePooler?: Pooler
  databasePoolSize: number
  databaseAcquireTimeoutMs: number
  databaseStatementTimeoutMs: number
}

/** Describes the connections of a node. */
export function describeTarget(
  options: Pick<DatabaseOptions, 'databaseUrl' | 'databasePooler' | 'databaseStatementTimeoutMs'>,
): ConnectionTarget {
  const { databaseUrl, databasePooler: pooler = 'none', databaseStatementTimeoutMs } = options
  const address = readDatabaseUrl(databaseUrl)
  return { address, pooler, settings: createSessionSettings(address.schema, databaseStatementTimeoutMs) }
}

/**
 * Opens a database: Prisma on one pool of connections. Statements are prepared, except behind a pooler in transaction mode:
 * there a prepared statement would stay on a connection that another client gets next. `close` waits for the statements
 * under way.
 */
export function openDatabase(options: DatabaseOptions) {
  const target = describeTarget(options)
  const pool = openPool(target, {
    max: options.databasePoolSize,
    connectionTimeoutMillis: options.databaseAcquireTimeoutMs,
    // A server that is frozen or cut off does not enforce its own timeout.
    query_timeout: options.databaseStatementTimeoutMs + QUERY_GRACE_MS,
    keepAlive: true,
  })
  const nameStatement = target.pooler === 'transaction' ? () => undefined : nameByText
  const db = new PrismaClient({
    adapter: new PrismaPg(pool, {
      schema: target.address.schema,
      ...(target.pooler !== 'transaction' && { statementNameGenerator: ({ sql }) => nameByText(sql) }),
    }),
  })
  connections.set(db, { pool, nameStatement })
  return {
    db,
    async close() {
      await db.$disconnect()
      await pool.end()
    },
  }
}

/**
 * Runs a statement that returns one row with one text; undefined where there is no row. Outside of a transaction it uses
 * the pool directly: Prisma nearly doubles the CPU time of a statement in this process (measured).
 */
export async function readText(db: Statements, statement: Prisma.Sql): Promise<string | undefined> {
  const own = connections.get(db)
  if (own === undefined) {
    const [row] = await db.$queryRaw<Record<string, string>[]>(statement)
    return row && Object.values(row)[0]
  }
  const { text, values } = statement
  const name = own.nameStatement(text)
  const { rows } = await own.pool.query<[string]>({ ...(name && { name }), text, values, rowMode: 'array' })
  return rows[0]?.[0]
}

/** Makes the next statements use new connections, which reach the server that the address leads to now. */
export function replaceConnections(db: Database): void {
  connections.get(db)?.pool.replaceConnections()
}

/** Names of prepared statements by their text. All texts come from the source code, so the map stays small. */
const statementNames = new Map<string, string>()

function nameByText(sql: string): string {
  let name = statementNames.get(sql)
  if (name === undefined) {
    name = createHash('sha256').update(sql).digest('base64url').slice(0, 24)
    statementNames.set(sql, name)
  }
  return name
}
