import type { EventEmitter } from 'node:events'
import {
  Client,
  Pool,
  type ClientBase,
  type ClientConfig,
  type PoolClient,
  type PoolConfig,
  type QueryConfig,
} from 'pg'
import type { DatabaseAddress } from './database-url.js'
import { endsConnection, isReadOnly } from './failures.js'
import { observeStatement, type StatementObservers } from './observe-statement.js'
import { applySettings, toStartupOptions, type Pooler, type SessionSettings } from './session-settings.js'

/** The target of a connection: the address, the pooler in front of it, and the session settings. */
export interface ConnectionTarget {
  address: DatabaseAddress
  pooler: Pooler
  settings: SessionSettings
}

/**
 * A read-only server refuses all writes. After a refusal, connections that are older than this are replaced, so that
 * after a failover by DNS name or floating address new connections reach the new primary. Younger ones are kept:
 * otherwise each refusal would cause a reconnect.
 */
const READ_ONLY_PATIENCE_MS = 1000

/** A pool that can replace its connections, such as those to a read-only server. */
export type ConnectionPool = Pool & { replaceConnections(): void }

/**
 * Opens a pool. It differs from `pg`'s in two ways, for Prisma's statements as well: a connection survives a statement
 * that PostgreSQL refuses, and connections to a read-only server are replaced.
 */
export function openPool(
  target: ConnectionTarget,
  options: PoolConfig = {},
  observers?: StatementObservers,
): ConnectionPool {
  const pool = new Pool({
    ...options,
    ...describeConnection(target),
    ...(target.pooler === 'session' && onConnect(target)),
  })
  const openedAt = new WeakMap<ClientBase, number>()
  let staleBefore = 0
  const replaceConnections = () => {
    staleBefore = performance.now() - READ_ONLY_PATIENCE_MS
  }
  const isStale = (client: ClientBase) => (openedAt.get(client) ?? 0) < staleBefore

  // An idle connection that breaks is replaced by the next query; without a listener it would end the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => {
    openedAt.set(client, performance.now())
    // The pool removes its own listener when it hands out a connection. Without this one, a connection that breaks
    // before the borrower adds a listener would end the process. The borrower's statement fails anyway.
    client.on('error', () => undefined)
    onRefusal(client, (error) => {
      if (isReadOnly(error)) replaceConnections()
    })
  })

  const acquire = pool.connect.bind(pool) as () => Promise<PoolClient>
  const connectAfresh = async () => {
    for (;;) {
      const client = await acquire()
      if (!isStale(client)) return client
      client.release(true)
    }
  }
  const connect = () => (staleBefore === 0 ? acquire() : connectAfresh())
  const query = async (statement: QueryConfig) => {
    const client = await connect()
    try {
      const run = () => client.query(statement)
      const result = await (observers ? observeStatement(observers, statement, run) : run())
      client.release()
      return result
    } catch (error) {
      client.release(endsConnection(error))
      throw error
    }
  }
  return Object.assign(pool, { connect, query, replaceConnections })
}

/** Opens one connection with the same settings. The caller ends it. */
export async function openConnection(target: ConnectionTarget, options: ClientConfig = {}): Promise<Client> {
  const client = new Client({ ...options, ...describeConnection(target) })
  client.on('error', () => undefined)
  try {
    await client.connect()
    if (target.pooler === 'session') await applySettings(client, target.settings)
    return client
  } catch (error) {
    await client.end().catch(() => undefined)
    throw error
  }
}

/** Poolers refuse startup options. In transaction mode they keep no session settings at all. */
function describeConnection({ address, pooler, settings }: ConnectionTarget): ClientConfig {
  const flags = [address.options, pooler === 'none' ? toStartupOptions(settings) : ''].filter(Boolean).join(' ')
  return {
    application_name: 'store-chat',
    connectionString: address.connectionString,
    ...(flags && { options: flags }),
  }
}

/** The pool awaits this before it hands out the connection, and listens to errors meanwhile. */
const onConnect = ({ settings }: ConnectionTarget): PoolConfig => ({
  onConnect: (client): unknown => applySettings(client, settings),
})

/**
 * Calls the listener with every refusal on a connection. Statements in Prisma's transactions do not go through `query`,
 * so this listens to the connection itself.
 */
function onRefusal(client: ClientBase, listener: (error: Error) => void): void {
  const { connection } = client as ClientBase & { connection: EventEmitter }
  connection.on('errorMessage', listener)
}
