import { Client } from 'pg'
import type { TestDatabase } from '../databases/database.js'
import { until } from '../../../harness/until.js'

/** Locks a row or a table, so that operations on it wait in a known order. */
export interface RowLock {
  /** Starts an operation and waits until it is queued. */
  enqueue<T>(act: () => Promise<T>): Promise<{ answer: Promise<T> }>
  /** Releases the lock. */
  release(): Promise<void>
}

const DEADLINE_MS = 5000

export const lockSession = (database: TestDatabase, sessionId: number) =>
  lockRow(database, 'chat_session', 'id', sessionId)

/** Locks all receipts of a session. */
export const lockReceipts = (database: TestDatabase, sessionId: number) =>
  lockRow(database, 'chat_receipt', 'session_id', sessionId)

export const lockNote = (database: TestDatabase, noteId: number) => lockRow(database, 'chat_note', 'id', noteId)

/** Locks the counts of uses of a canned reply. */
export const lockUses = (database: TestDatabase, cannedReplyId: number) =>
  lockRow(database, 'canned_reply_use', 'canned_reply_id', cannedReplyId)

const lockRow = (database: TestDatabase, table: string, key: string, id: number) =>
  lock(database, `select from ${table} where ${key} = $1 for update`, [id])

/** Locks a table against all writes. */
export const lockTable = (database: TestDatabase, table: string) => lock(database, `lock table ${table} in share mode`)

async function lock({ url, query }: TestDatabase, statement: string, values: unknown[] = []): Promise<RowLock> {
  const client = new Client(url)
  // If a test fails before it releases the lock, its database is dropped under this connection.
  client.on('error', () => undefined)
  await client.connect()
  await client.query('begin')
  await client.query(statement, values)
  let queued = await countWaiting(query)
  return {
    async enqueue(act) {
      const answer = act()
      const place = ++queued
      await until(async () => (await countWaiting(query)) >= place, DEADLINE_MS, 'the operation waits for the lock')
      return { answer }
    },
    async release() {
      await client.query('commit')
      await client.end()
    },
  }
}

async function countWaiting(query: TestDatabase['query']): Promise<number> {
  const [row] = await query<{ count: number }>(
    `select count(*)::int from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  )
  return row?.count ?? 0
}
