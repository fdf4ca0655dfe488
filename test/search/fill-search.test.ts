import { Client } from 'pg'
import t, { type Test } from 'tap'
import { until } from '../../harness/until.js'
import { openDatabase } from '../../src/database/database.js'
import { createSearchFill } from '../../src/search/fill-search.js'
import { addStore } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { openConversation } from '../support/chat/conversations.js'
import { fillNow, find } from '../support/chat/search.js'
import { addAdmin } from '../support/chat/accounts.js'
import { addMessages } from '../support/chat/sessions.js'
import { createDatabase } from '../support/databases/database.js'
import { startNode } from '../support/nodes/node.js'

const chat = createChatClient(await startNode(t))
const { database } = chat.node
const supervisor = await addAdmin(database, { role: 'supervisor' })

t.test('a message that is committed after newer ones is found as well', async (t) => {
  const slow = await openConversation(chat)
  const client = new Client(database.url)
  await client.connect()
  t.teardown(() => client.end())
  await client.query('begin')
  const query = async (sql: string, values: unknown[] = []) => (await client.query(sql, values)).rows
  await addMessages({ ...database, query: query as typeof database.query }, slow.sessionId, [{ content: 'late one' }])
  const fast = await openConversation(chat)
  for (const content of ['late two', 'late three']) {
    await chat.post('store/message/', fast.store, { content })
    await fillNow(chat)
  }
  t.same(await find(chat, supervisor, 'late'), ['late three', 'late two'])
  await client.query('commit')
  await fillNow(chat)
  t.same(await find(chat, supervisor, 'late'), ['late three', 'late two', 'late one'])
})

t.test('what is old enough is left behind, and never looked at again', async (t) => {
  const store = await addStore(database)
  const { body } = await chat.get('store/session/', store)
  const [first = 0, second = 0] = await addMessages(database, body.id, [{ content: 'old' }, { content: 'new' }])
  await database.query(`update chat_message set created = now() - interval '1 hour' where id <= $1`, [first])
  await fillNow(chat)
  const [cursor] = await database.query<{ id: number }>(
    `select message_id::int as id from event_cursor where consumer = 'search'`,
  )
  t.ok((cursor?.id ?? 0) >= first)
  t.ok((cursor?.id ?? 0) < second, 'another message may have an id below it and be on its way')
})

t.test('while a message is being deleted, its text is not copied', async (t) => {
  const { sessionId } = await openConversation(chat)
  await addMessages(database, sessionId, [{ content: 'going' }])
  const client = new Client(database.url)
  await client.connect()
  t.teardown(() => client.end())
  await client.query('begin')
  await client.query('delete from chat_message where session_id = $1', [sessionId])
  await client.query('commit')
  await fillNow(chat)
  t.same(await database.query(`select from chat_message_search where content = 'going'`), [])
})

/** A database that no node fills, with messages of sessions, one after the other, and what takes a turn in it. */
async function openUnfilled(t: Test, statementTimeoutMs: number, longestStatementMs: number, ...sessions: string[][]) {
  const database = await createDatabase(t)
  const { db, close } = openDatabase({
    databaseUrl: database.url,
    databasePoolSize: 1,
    databaseAcquireTimeoutMs: 5000,
    databaseStatementTimeoutMs: statementTimeoutMs,
  })
  t.teardown(close)
  for (const contents of sessions) {
    const store = await addStore(database)
    const [session] = await database.query<{ id: string }>(
      'insert into chat_session (store_id) values ($1) returning id',
      [store.id],
    )
    await addMessages(
      database,
      Number(session?.id),
      contents.map((content) => ({ content })),
    )
  }
  const sizes: number[] = []
  const fill = createSearchFill(db, longestStatementMs, (mostMessages) => sizes.push(mostMessages))
  const takeTurn = async () => {
    await database.query(`update event_cursor set next_at = now() where consumer = 'search'`)
    await fill()
    return (await database.query('select from chat_message_search')).length
  }
  return { database, sizes, takeTurn }
}

t.test('a turn copies few messages when they are long', async (t) => {
  const contents = Array.from({ length: 30 }, () => 'ab '.repeat(3333))
  const { takeTurn } = await openUnfilled(t, 5000, 2000, [...contents, 'x'.repeat(300_000)])
  t.equal(await takeTurn(), 21, '200 kB')
  t.equal(await takeTurn(), 31, 'the rest, and the one that is longer than a turn')
})

t.test('long messages of a session delay its own ones only', async (t) => {
  const long = Array.from({ length: 30 }, () => 'ab '.repeat(3333))
  const { database, takeTurn } = await openUnfilled(t, 5000, 2000, long, ['first', 'second'])
  await takeTurn()
  t.equal((await database.query(`select from chat_message_search where content in ('first', 'second')`)).length, 2)
  t.equal(await takeTurn(), 32)
})

t.test('what is new is found however many messages of another session wait', async (t) => {
  const many = Array<string>(5200).fill('ab '.repeat(100))
  const { database, takeTurn } = await openUnfilled(t, 5000, 2000, many, ['new'])
  await database.query(`update chat_message set created = now() - interval '1 hour'`)
  await takeTurn()
  t.equal((await database.query(`select from chat_message_search where content = 'new'`)).length, 1)
  let turns = 1
  await until(async () => ++turns && (await takeTurn()) === 5201, 20_000, 'all are copied')
  t.ok(turns <= 10, `of 200 kB each: ${turns}`)
  await takeTurn()
  const left = await database.query(
    `select from chat_message where id > (select message_id from event_cursor where consumer = 'search')`,
  )
  t.same(left, [], 'the cursor is at the end')
})

t.test('after a turn that took too long the next ones copy less, until one succeeds', async (t) => {
  const { database, sizes, takeTurn } = await openUnfilled(t, 250, 500, Array<string>(16).fill('slow'))
  await database.query(`
    create function be_slow() returns trigger language plpgsql as 'begin perform pg_sleep(0.02); return new; end';
    create trigger slow before insert on chat_message_search for each row execute function be_slow()`)
  await until(async () => (await takeTurn()) === 16, 10_000, 'all are copied')
  t.same(sizes.slice(0, 4), [125, 62, 31, 15])
})

t.test('after a long turn the next one copies less', async (t) => {
  const { database, sizes, takeTurn } = await openUnfilled(t, 5000, 2000, Array<string>(2000).fill('slow'))
  await database.query(`
    create function be_slow() returns trigger language plpgsql as 'begin perform pg_sleep(1.2); return new; end';
    create trigger slow before insert on chat_message_search for each statement execute function be_slow()`)
  t.equal(await takeTurn(), 1000)
  t.equal(await takeTurn(), 1500)
  t.same(sizes, [], 'nobody is told')
})
