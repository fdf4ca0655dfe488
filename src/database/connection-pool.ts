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
import { applySettings, toStartupOptions, type Pooler, type SessionSettings } from './session-settings.js'

/** What a connection needs: where to, through what, and with which settings. */
export interface ConnectionTarget {
  address: DatabaseAddress
  pooler: Pooler
  settings: SessionSettings
}

/**
 * A read-only server refuses every write. Ending the connections that it has had for this long lets a failover by name or by
 * address reach the new primary; ending younger ones would connect anew for each refusal.
 */
const READ_ONLY_PATIENCE_MS = 1000

/** A pool that can be told to replace its connections, as those to a server that is read-only. */
export type ConnectionPool = Pool & { replaceConnections(): void }

/**
 * Opens a pool. Two things differ from `pg`'s own, for Prisma's statements and ours alike: a statement that PostgreSQL
 * refuses costs no connection, and connections to a server that turned out to be read-only are replaced.
 */
export function openPool(target: ConnectionTarget, options: PoolConfig = {}): ConnectionPool {
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
    // The pool takes its own listener away when it lends a connection. One that breaks before the borrower listens would
    // end the process; the borrower learns of it by its statement.
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
      const result = await client.query(statement)
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

/** Poolers refuse flags at the start of a connection; one that pools transactions keeps no settings at all. */
function describeConnection({ address, pooler, settings }: ConnectionTarget): ClientConfig {
  const flags = [address.options, pooler === 'none' ? toStartupOptions(settings) : ''].filter(Boolean).join(' ')
  return {
    application_name: 'store-chat',
    connectionString: address.connectionString,
    ...(flags && { options: flags }),
  }
}

/** The pool awaits it before it lends the connection, and listens to its errors meanwhile. */
const onConnect = ({ settings }: ConnectionTarget): PoolConfig => ({
  onConnect: (client): unknown => applySettings(client, settings),
})

/** Hears of every refusal on a connection, whoever has sent the statement: Prisma's transactions do not pass our `query`. */
function onRefusal(client: ClientBase, listener: (error: Error) => void): void {
  const { connection } = client as ClientBase & { connection: EventEmitter }
  connection.on('errorMessage', listener)
}
