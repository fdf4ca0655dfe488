import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import t from 'tap'
import { openDatabase } from '../../src/database/database.js'
import { createUnread } from '../../src/realtime/unread.js'
import { addAdmin, addStore } from '../support/accounts.js'
import { createDatabase } from '../support/database.js'
import { captureStatements } from '../support/statements.js'
import { until } from '../support/until.js'

const COUNTING_MS = 150

t.test(
  'what comes while a number is being read is told at once, and set right without reading again and again',
  async (t) => {
    const database = await createDatabase(t)
    const options = { databasePoolSize: 2, databaseAcquireTimeoutMs: 5000, databaseStatementTimeoutMs: 5000 }
    const { db, close } = openDatabase({ databaseUrl: database.url, ...options })
    t.teardown(close)
    const [store, admin] = [await addStore(database), await addAdmin(database)]
    await database.query('insert into chat_session (store_id) values ($1)', [store.id])
    const addMessage = async (seq: number) => {
      await database.query(
        `insert into chat_message (session_id, seq, sender_type, sender_id, content, attachment_url, attachment_type, created)
       select id, $1, 'store', store_id, '', '', '', now() from chat_session`,
        [seq],
      )
      unread.add(admin.id)
    }
    const told: number[] = []
    const unread = createUnread(
      db,
      (_adminId, text) => told.push((JSON.parse(text) as { payload: { count: number } }).payload.count),
      (error) => t.fail(String(error)),
    )
    t.teardown(unread.close)
    const captured = captureStatements(t)
    const readCount = () => captured.filter(({ text }) => text.includes('count(*)')).length

    const client = new Client(database.url)
    await client.connect()
    t.teardown(() => client.end())
    await client.query('begin')
    await client.query('lock table admin')
    await addMessage(2)
    await until(() => readCount() === 1, 5000, 'the number is being read')
    await addMessage(3)
    await delay(COUNTING_MS)
    await client.query('commit')
    await until(() => told.length === 1, 5000)
    t.same(told, [3], 'the second may be in what was read or not')
    await addMessage(4)
    await until(() => told.length === 2, 5000)
    t.same([told.at(-1), readCount()], [4, 1], 'counted up from there')
    await until(() => told.length === 3, 20 * COUNTING_MS + 10_000)
    t.same([told.at(-1), readCount()], [3, 2], 'set right')
    await addMessage(5)
    await until(() => told.length === 4, 5000)
    await delay(1100)
    t.same([told, readCount()], [[3, 4, 3, 4], 2], 'and in no doubt any more')
    unread.recount(admin.id)
    await until(() => told.length === 5, 5000)
    t.same([told.at(-1), readCount()], [4, 3], 'read again when the admin has read')
  },
)
