import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import t, { type Test } from 'tap'
import { openDatabase } from '../../src/database/database.js'
import type { Prisma } from '../../src/generated/prisma/client.js'
import { createUnread } from '../../src/realtime/unread.js'
import { addAdmin, addStore } from '../support/accounts.js'
import { createDatabase } from '../support/database.js'
import { captureStatements } from '../support/statements.js'
import { until } from '../support/until.js'

/** Long enough for a number to stay in doubt over the next telling. */
const COUNTING_MS = 200
const DEADLINE_MS = 25_000

/** One admin's number, and what it is made of. */
async function openUnread(t: Test, readingMs = 0) {
  const database = await createDatabase(t)
  const options = { databasePoolSize: 2, databaseAcquireTimeoutMs: 5000, databaseStatementTimeoutMs: 5000 }
  const { db, close } = openDatabase({ databaseUrl: database.url, ...options })
  t.teardown(close)
  const [store, admin, other] = [await addStore(database), await addAdmin(database), await addAdmin(database)]
  await database.query('insert into chat_session (store_id) values ($1)', [store.id])
  const told: number[] = []
  const errors: unknown[] = []
  const slowDb = new Proxy(db, {
    get: (target, name, receiver) =>
      name === '$queryRaw'
        ? (statement: Prisma.Sql) => delay(readingMs).then(() => target.$queryRaw(statement))
        : (Reflect.get(target, name, receiver) as unknown),
  })
  const unread = createUnread(
    slowDb,
    (adminId, text) => {
      if (adminId === admin.id) told.push((JSON.parse(text) as { payload: { count: number } }).payload.count)
    },
    (error) => errors.push(error),
  )
  t.teardown(unread.close)
  const captured = captureStatements(t)
  return {
    database,
    told,
    errors,
    readCount: () => captured.filter(({ text }) => text.includes('count(*)')).length,
    store: async () => {
      await database.query(
        `with s as (update chat_session set seq = seq + 1 returning id, seq, store_id)
         insert into chat_message (session_id, seq, sender_type, sender_id, content, attachment_url, attachment_type, created)
         select id, seq, 'store', store_id, '', '', '', now() from s`,
      )
    },
    announce: () => unread.add(admin.id),
    read: () => unread.recount(admin.id),
    readAsOther: () => unread.recount(other.id),
  }
}

t.test('what comes while a number is read is told, and set right without reading again and again', async (t) => {
  const { database, told, readCount, store, announce } = await openUnread(t)
  const client = new Client(database.url)
  await client.connect()
  t.teardown(() => client.end())
  await client.query('begin')
  await client.query('lock table admin')
  await store()
  announce()
  await until(() => readCount() === 1, DEADLINE_MS, 'the number is being read')
  await store()
  announce()
  await delay(COUNTING_MS)
  await client.query('commit')
  await until(() => told.length === 1, DEADLINE_MS)
  t.same(told, [3], 'the second may be in what was read or not')
  await store()
  announce()
  await until(() => told.length === 2, DEADLINE_MS)
  t.same([told.at(-1), readCount()], [4, 1], 'counted up from there')
  await until(() => told.length === 3, DEADLINE_MS)
  t.same([told.at(-1), readCount()], [3, 2], 'set right')
})

t.test('what was in the number before it is announced is not counted twice', async (t) => {
  const { told, readCount, store, announce, read } = await openUnread(t)
  await store()
  read()
  await until(() => told.length === 1, DEADLINE_MS)
  announce()
  await until(() => readCount() === 2, DEADLINE_MS, 'the number is read again')
  await delay(COUNTING_MS)
  t.same(told.at(-1), 1)
})

t.test('an admin who reads all the time does not put off the doubts about another', async (t) => {
  const { told, store, announce, read, readAsOther } = await openUnread(t, 100)
  await store()
  read()
  await until(() => told.length === 1, DEADLINE_MS)
  announce()
  await until(() => told.length === 2, DEADLINE_MS)
  t.equal(told.at(-1), 2)
  const reading = setInterval(readAsOther, 100)
  t.teardown(() => clearInterval(reading))
  await until(() => told.length === 3, DEADLINE_MS, 'set right')
  t.equal(told.at(-1), 1)
})

t.test('a number that cannot be read is read later, without another reason', async (t) => {
  const { database, told, errors, store, announce } = await openUnread(t)
  await database.query('alter table admin rename to elsewhere')
  await store()
  announce()
  await until(() => errors.length > 0, DEADLINE_MS)
  t.same(told, [])
  await database.query('alter table elsewhere rename to admin')
  await until(() => told.length === 1, DEADLINE_MS)
  t.same(told, [1])
})
