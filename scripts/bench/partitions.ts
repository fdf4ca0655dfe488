import { readFile } from 'node:fs/promises'
import { Client } from 'pg'
import { openDatabase, type Database } from '../../src/database/database.js'
import { findEpochExpressions, type EpochExpressions } from '../../src/database/epoch.js'
import { createHistoryReader } from '../../src/database/replicas/history-reader.js'
import { createGroupCommit } from '../../src/messages/group-commit.js'
import { readMessages } from '../../src/messages/read-messages.js'
import { countUnread } from '../../src/notifications/count-unread.js'
import type { Account } from '../../src/protocol/account.js'
import { createSyncReader } from '../../src/realtime/resume/read-syncs.js'
import { readCpuMs } from './cpu-time.js'
import { compete, type Contestant } from './rounds.js'
import { execute, seedAccounts, seedSessions } from './seed.js'
import type { Services } from './services.js'

const STORES = 250_000
const ADMINS = 1000
const MESSAGES_EACH = 20
const IN_FLIGHT = 32
const SECONDS = 4
const ROUNDS = 3
const SYNC_BYTES = 262_144
const STATEMENT_TIMEOUT_MS = 30_000
const PARTITION = new URL('../../deploy/postgres/partition-messages.sql', import.meta.url)

/** An operation with a store, its session (which has the same number) and an admin. */
type Operation = (store: number, admin: number) => Promise<unknown>

/** Compares the product's statements on one table of messages and on 16 partitions of it, called without a node. */
export async function comparePartitions(services: Services): Promise<string> {
  const [plain, parts] = [await seed(services, 'plain'), await seed(services, 'parts')]
  const startedAt = performance.now()
  await execute(parts, await readFile(PARTITION, 'utf8'))
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
  const tables = [`Partitioning ${STORES * MESSAGES_EACH} messages took ${seconds} s.\n`]
  for (const url of [plain, parts]) await execute(url, 'vacuum analyze', 'checkpoint')
  const [table, partitions] = [await openOperations(plain), await openOperations(parts)]
  for (const title of Object.keys(table.operations) as (keyof typeof table.operations)[]) {
    const contestants: Contestant[] = [
      { name: 'one table', measure: () => measure(plain, table.operations[title]) },
      { name: '16 partitions', measure: () => measure(parts, partitions.operations[title]) },
    ]
    tables.push(await compete(title, contestants, ROUNDS))
  }
  for (const { close } of [table, partitions]) await close()
  return tables.join('\n')
}

async function seed(services: Services, name: string): Promise<string> {
  const url = await services.createDatabase(name)
  await seedAccounts(url, STORES, ADMINS)
  await seedSessions(url, MESSAGES_EACH, true)
  return url
}

async function openOperations(databaseUrl: string) {
  const { db, close } = openDatabase({
    ...{ databaseUrl, databasePoolSize: 10, databaseAcquireTimeoutMs: STATEMENT_TIMEOUT_MS },
    databaseStatementTimeoutMs: STATEMENT_TIMEOUT_MS,
  })
  return { operations: createOperations(db, await findEpochExpressions(db), await readIds(db)), close }
}

function createOperations(db: Database, epoch: EpochExpressions, idOf: (store: number, position: number) => number) {
  const append = createGroupCommit(db)
  const readSync = createSyncReader(db, epoch, SYNC_BYTES)
  const deps = { db, publisher: { publish: () => undefined }, history: createHistoryReader(db) }
  const asStore = (id: number): Account => ({ side: 'store', id, expiresAt: Infinity })
  return {
    'Sending a message (commits are shared)': async (store) => {
      const nothing = { attachment_url: '', attachment_type: '', client_message_id: null, session_id: null }
      const [sent] = await append([
        { ...nothing, sender_type: 'store', sender_id: store, content: 'Where is my parcel?' },
      ])
      if (sent === undefined || sent instanceof Error || sent.outcome !== 'stored')
        throw new Error('The message was not stored')
    },
    'A page of 10 messages before a message': async (store) => {
      const { data } = await readMessages(deps, asStore(store), { before: idOf(store, 15), limit: 10 })
      if (data.length !== 10) throw new Error('The page is incomplete')
    },
    'A resume that has missed 5 messages': async (store) => {
      const sync = await readSync({ account: asStore(store), sessionId: store, after: 16, before: null, epoch: null })
      if ((sync?.answer.messages.length ?? 0) < 5) throw new Error('The sync is incomplete')
    },
    'The unread count of an admin': (_store, admin) => countUnread(db, [admin]),
  } satisfies Record<string, Operation>
}

/** Returns the id of a message by its store and its position in the session, as the seed assigned it. */
async function readIds(db: Database): Promise<(store: number, position: number) => number> {
  const rows = await db.prisma.chatMessage.findMany({ where: { sessionId: 1n }, orderBy: { seq: 'asc' } })
  const ids = rows.map(({ id }) => Number(id))
  return (store, position) => (ids[position] ?? 0) + store - 1
}

async function measure(databaseUrl: string, operation: Operation): Promise<Record<string, number>> {
  const pids = await readBackends(databaseUrl)
  const cpuBefore = await readCpuMs(pids)
  const startedAt = performance.now()
  let count = 0
  const run = async () => {
    while (performance.now() - startedAt < SECONDS * 1000) {
      await operation(random(STORES), random(ADMINS))
      count++
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, run))
  const seconds = (performance.now() - startedAt) / 1000
  const cpuMs = (await readCpuMs(await readBackends(databaseUrl))) - cpuBefore
  return { 'calls/s': count / seconds, 'ms of PostgreSQL CPU per 1000 calls': (cpuMs / count) * 1000 }
}

const random = (most: number) => 1 + Math.floor(Math.random() * most)

async function readBackends(databaseUrl: string): Promise<number[]> {
  const client = new Client(databaseUrl)
  await client.connect()
  try {
    const { rows } = await client.query<{ pid: number }>(
      `select pid from pg_stat_activity where datname = current_database() and application_name = 'store-chat'`,
    )
    return rows.map(({ pid }) => pid)
  } finally {
    await client.end()
  }
}
