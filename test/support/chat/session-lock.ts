import { Client } from 'pg'
import type { TestDatabase } from '../databases/database.js'
import { until } from '../../../harness/until.js'

/** Holds a row, so that acts on it queue up in a known order. */
export interface RowLock {
  /** Begins an act and waits until it stands in the queue. */
  enqueue<T>(act: () => Promise<T>): Promise<{ answer: Promise<T> }>
  /** Lets the queue go. */
  release(): Promise<void>
}

const DEADLINE_MS = 5000

export const lockSession = (database: TestDatabase, sessionId: number) =>
  lockRow(database, 'chat_session', 'id', sessionId)

/** Of all receipts of a session. */
export const lockReceipts = (database: TestDatabase, sessionId: number) =>
  lockRow(database, 'chat_receipt', 'session_id', sessionId)

async function lockRow({ url, query }: TestDatabase, table: string, key: string, id: number): Promise<RowLock> {
  const client = new Client(url)
  await client.connect()
  await client.query('begin')
  await client.query(`select from ${table} where ${key} = $1 for update`, [id])
  let queued = await countWaiting(query)
  return {
    async enqueue(act) {
      const answer = act()
      const place = ++queued
      await until(async () => (await countWaiting(query)) >= place, DEADLINE_MS, 'the act waits for the session')
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
