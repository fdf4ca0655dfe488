import { createHash } from 'node:crypto'
import { PrismaPg } from '@prisma/adapter-pg'
import { Pool } from 'pg'
import { PrismaClient, type Prisma } from '../generated/prisma/client.js'

export type Database = PrismaClient
/** What a statement needs: the database itself or a transaction in it. */
export type Statements = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>

const QUERY_GRACE_MS = 1000

/**
 * A prepared statement keeps its plan. One that was made while a table had a page would read the table from end to end, and
 * go on to do so while it grows, until the statistics are made anew. Each statement here has its index.
 */
const PLANNING = '-c enable_seqscan=off -c jit=off'

const pools = new WeakMap<Statements, Pool>()

export interface DatabaseOptions {
  databaseUrl: string
  databasePoolSize: number
  databaseAcquireTimeoutMs: number
  databaseStatementTimeoutMs: number
}

/**
 * Opens a database: Prisma on one pool of connections. Every statement is a prepared one. `close` waits for the
 * statements under way.
 */
export function openDatabase(options: DatabaseOptions) {
  const pool = new Pool({
    connectionString: options.databaseUrl,
    max: options.databasePoolSize,
    connectionTimeoutMillis: options.databaseAcquireTimeoutMs,
    statement_timeout: options.databaseStatementTimeoutMs,
    // A server that is frozen or cut off keeps no time.
    query_timeout: options.databaseStatementTimeoutMs + QUERY_GRACE_MS,
    // A node that dies within a transaction may not hold a session's lock for long.
    idle_in_transaction_session_timeout: options.databaseStatementTimeoutMs,
    keepAlive: true,
    application_name: 'store-chat',
    options: PLANNING,
  })
  // An idle connection that breaks is replaced by the next query; without a listener it would end the process.
  pool.on('error', () => undefined)
  const db = new PrismaClient({
    adapter: new PrismaPg(pool, { statementNameGenerator: ({ sql }) => nameStatement(sql) }),
  })
  pools.set(db, pool)
  return {
    db,
    async close() {
      await db.$disconnect()
      await pool.end()
    },
  }
}

/**
 * Runs a statement whose answer is one row with one text; undefined where there is none. Outside of a transaction it goes to
 * the pool past Prisma, which nearly doubles what a statement costs this process.
 */
export async function readText(db: Statements, statement: Prisma.Sql): Promise<string | undefined> {
  const pool = pools.get(db)
  if (pool === undefined) {
    const [row] = await db.$queryRaw<Record<string, string>[]>(statement)
    return row && Object.values(row)[0]
  }
  const { text, values } = statement
  const { rows } = await pool.query<[string]>({ name: nameStatement(text), text, values, rowMode: 'array' })
  return rows[0]?.[0]
}

/** A prepared statement's name by its text. The texts are those of the source, so the table stays small. */
const statementNames = new Map<string, string>()

function nameStatement(sql: string): string {
  let name = statementNames.get(sql)
  if (name === undefined) {
    name = createHash('sha256').update(sql).digest('base64url').slice(0, 24)
    statementNames.set(sql, name)
  }
  return name
}
