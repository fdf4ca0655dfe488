import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import t, { type Test } from 'tap'
import { openDatabase } from '../../../src/database/database.js'
import type { Prisma } from '../../../src/generated/prisma/client.js'
import { createUnreadCounter } from '../../../src/realtime/receipts/unread-counter.js'
import { addAdmin, addStore } from '../../support/chat/accounts.js'
import { createDatabase } from '../../support/databases/database.js'
import { until } from '../../../harness/until.js'

/** They wait most of the time. */
t.jobs = 2

/** Long enough that the count is still uncertain when it is sent next. */
const COUNTING_MS = 200
const DEADLINE_MS = 25_000

/** The unread count of one admin, and what determines it. */
async function openUnread(t: Test, readingMs = 0, refuse: (adminIds: number[]) => boolean = () => false) {
  const database = await createDatabase(t)
  const options = { databasePoolSize: 2, databaseAcquireTimeoutMs: 5000, databaseStatementTimeoutMs: 5000 }
  const { db, close } = openDatabase({ databaseUrl: database.url, ...options })
  t.teardown(close)
  const [store, admin, other] = [await addStore(database), await addAdmin(database), await addAdmin(database)]
  await database.query('insert into chat_session (store_id) values ($1)', [store.id])
  const told: number[] = []
  const toldOther: number[] = []
  const frames: { count: number; has_more?: true }[] = []
  const asked: { adminIds: number[]; at: number }[] = []
  const errors: unknown[] = []
  const slowPrisma = new Proxy(db.prisma, {
    get: (target, name, receiver) =>
      name === '$queryRaw'
        ? async (statement: Prisma.Sql) => {
            const adminIds = statement.values.find((value): value is number[] => Array.isArray(value)) ?? []
            asked.push({ adminIds, at: performance.now() })
            await delay(readingMs)
            if (refuse(adminIds)) throw new Error('refused')
            return target.$queryRaw(statement)
          }
        : (Reflect.get(target, name, receiver) as unknown),
  })
  const unread = createUnreadCounter(
    { ...db, prisma: slowPrisma },
    (adminId, text) => {
      const { payload } = JSON.parse(text) as { payload: { count: number; has_more?: true } }
      ;(adminId === admin.id ? told : toldOther).push(payload.count)
      frames.push(payload)
    },
    (error) => errors.push(error),
  )
  t.teardown(unread.close)
  return {
    database,
    admin,
    told,
    toldOther,
    frames,
    asked,
    errors,
    readCount: () => asked.length,
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
  await until(() => told.at(-1) === 1, DEADLINE_MS, 'the right number is told')
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

t.test('from its bound on a number is neither told nor read again', async (t) => {
  const { database, frames, readCount, store, announce, read } = await openUnread(t)
  await database.query(
    `insert into chat_message (session_id, seq, sender_type, sender_id, content, attachment_url, attachment_type, created)
     select id, 1 + place, 'store', store_id, '', '', '', now() from chat_session, generate_series(1, 998) place`,
  )
  await database.query('update chat_session set seq = 999')
  read()
  await until(() => frames.length === 1, DEADLINE_MS)
  for (const expected of [2, 3]) {
    await store()
    announce()
    await until(() => frames.length === expected, DEADLINE_MS)
  }
  t.strictSame(frames, [{ count: 998 }, { count: 999 }, { count: 999, has_more: true }])
  const before = readCount()
  for (let place = 0; place < 50; place++) announce()
  read()
  await until(() => frames.length === 4, DEADLINE_MS, 'read again when the admin has read')
  t.strictSame([frames[3], readCount() - before <= 2], [{ count: 999, has_more: true }, true])
})

t.test('a number that cannot be read is asked for less and less, and keeps no other from being told', async (t) => {
  const bad: number[] = []
  const room = await openUnread(t, 0, (adminIds) => adminIds.some((id) => bad.includes(id)))
  const { admin, told, toldOther, asked, store, read, readAsOther } = room
  bad.push(admin.id)
  await store()
  read()
  readAsOther()
  await until(() => toldOther.length === 1, DEADLINE_MS, 'the other is told')
  const attempts = () => asked.filter(({ adminIds }) => adminIds.includes(admin.id))
  const later = () => {
    readAsOther()
    return attempts().length >= 5
  }
  await until(later, DEADLINE_MS)
  // The minimum is half of a delay that doubles.
  const times = attempts().map(({ at }) => at)
  for (const [place, leastMs] of [490, 990, 1990, 3990].entries()) {
    const pauseMs = (times[place + 1] ?? 0) - (times[place] ?? 0)
    t.ok(pauseMs >= leastMs, `${pauseMs} ms`)
  }
  t.ok(toldOther.length > 1, 'and goes on to be told')
  t.same(attempts().at(-1)?.adminIds, [admin.id], 'alone')
  bad.pop()
  await until(() => told.length === 1, DEADLINE_MS, 'told in the end')
})
