import { createHash } from 'node:crypto'
import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient, type Prisma } from '../generated/prisma/client.js'
import { openPool, type ConnectionTarget } from './connection-pool.js'
import { readDatabaseUrl } from './database-url.js'
import type { SlowStatement } from './observe-statement.js'
import { createSessionSettings, type Pooler, type SessionSettings } from './session-settings.js'
import { createStatementCounts, type PoolKind, type StatementCounts } from './statement-counts.js'
import type { Tracing } from '../instruments/tracing.js'

/** How much longer than the server's statement timeout the client waits for a statement. */
const QUERY_GRACE_MS = 1000

/** Runs statements without Prisma. */
export interface StatementPool {
  /**
   * Runs a statement that returns one row with one text; undefined without a row.
   * @throws an error of `pg`
   */
  readText(statement: Prisma.Sql): Promise<string | undefined>
  /** Makes later statements use new connections, which reach the server that the address currently resolves to. */
  replaceConnections(): void
  readonly counts: StatementCounts
  connections(): ConnectionCounts
}

/** The current connections of a pool. */
export interface ConnectionCounts {
  busy: number
  idle: number
  /** Statements and transactions that are waiting for a connection. */
  waiting: number
  /** Maximum number of connections. */
  most: number
}

/**
 * A node's database: two interfaces to one pool of connections.
 *
 * `prisma` is for everything that is not hot: its typed API, transactions, and raw statements. `pool` is for hot
 * statements, through `defineColumns`: Prisma nearly doubles the CPU time of a statement in this process. Measured on
 * two cores with the load on the same cores, for a session with 20 messages: 6,900 reads a second by the pool, 5,000 by
 * `$queryRaw` with prepared statements, 1,760 by `findFirst` with `include`.
 */
export interface Database {
  readonly prisma: PrismaClient
  readonly pool: StatementPool
}

/** A transaction of Prisma. */
export type Transaction = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>
/** Runs raw statements: the database, or a transaction in it. */
export type Statements = Database | Transaction
/** Runs read-only statements on separate connections. */
export type ReadPool = Pick<Database, 'pool'>

/** Returns Prisma's interface for raw statements, of the database or of a transaction. */
export const rawOf = (db: Statements): Transaction => ('prisma' in db ? db.prisma : db)

export interface DatabaseOptions {
  databaseUrl: string
  /** Default: none. */
  databasePooler?: Pooler
  databasePoolSize: number
  databaseAcquireTimeoutMs: number
  databaseStatementTimeoutMs: number
  /** A statement that takes at least this long is reported as slow; 0: never. Default: 0. */
  slowStatementMs?: number
  onSlowStatement?(statement: SlowStatement): void
  tracing?: Tracing | undefined
  /** Counts to add the statements to. Default: new ones. */
  counts?: StatementCounts
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
 * Opens a database. Statements are prepared, except behind a pooler in transaction mode: there a prepared statement
 * would stay on a connection that another client gets next. `close` waits for running statements.
 */
export function openDatabase(options: DatabaseOptions): { db: Database; close(): Promise<void> } {
  const { target, pool, statements } = openStatements(options, 'chat')
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool, {
      schema: target.address.schema,
      ...(target.pooler !== 'transaction' && { statementNameGenerator: ({ sql }) => nameByText(sql) }),
    }),
  })
  return {
    db: { prisma, pool: statements },
    async close() {
      await prisma.$disconnect()
      await pool.end()
    },
  }
}

export interface OpenedReadPool {
  db: ReadPool
  close(): Promise<void>
}

/**
 * Opens a separate pool for statements that read much. They do not use the connections of the chat, and have their own
 * timeout. Connections are opened when they are needed. A pooler in transaction mode ignores `settings`.
 */
export function openReadPool(options: DatabaseOptions, settings: SessionSettings = {}): OpenedReadPool {
  const { pool, statements } = openStatements(options, 'reading', settings)
  return { db: { pool: statements }, close: () => pool.end() }
}

function openStatements(options: DatabaseOptions, kind: PoolKind, settings: SessionSettings = {}) {
  const described = describeTarget(options)
  const target = { ...described, settings: { ...described.settings, ...settings } }
  const { counts = createStatementCounts() } = options
  const most = options.databasePoolSize
  const pool = openPool(
    target,
    {
      max: most,
      connectionTimeoutMillis: options.databaseAcquireTimeoutMs,
      // A server that hangs or is unreachable does not enforce its own timeout.
      query_timeout: options.databaseStatementTimeoutMs + QUERY_GRACE_MS,
      keepAlive: true,
    },
    {
      ...{ counts, kind },
      slowStatementMs: options.slowStatementMs ?? 0,
      onSlow: options.onSlowStatement ?? (() => undefined),
      tracing: options.tracing,
    },
  )
  const nameStatement = target.pooler === 'transaction' ? () => undefined : nameByText
  const statements: StatementPool = {
    async readText({ text, values }) {
      const name = nameStatement(text)
      const { rows } = await pool.query<[string]>({ ...(name && { name }), text, values, rowMode: 'array' })
      return rows[0]?.[0]
    },
    replaceConnections: pool.replaceConnections,
    counts,
    connections() {
      const { totalCount, idleCount, waitingCount } = pool
      return { busy: totalCount - idleCount, idle: idleCount, waiting: waitingCount, most }
    },
  }
  return { target, pool, statements }
}

/** Runs a statement that returns one row with one text, by the pool or in a transaction; undefined without a row. */
export async function readText(db: Statements | ReadPool, statement: Prisma.Sql): Promise<string | undefined> {
  if ('pool' in db) return db.pool.readText(statement)
  const [row] = await db.$queryRaw<Record<string, string>[]>(statement)
  return row && Object.values(row)[0]
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
