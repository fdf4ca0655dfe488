import { Client } from 'pg'
import t from 'tap'
import { addStore } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { openConversation } from '../support/chat/conversations.js'
import { fillNow, find } from '../support/chat/search.js'
import { addAdmin } from '../support/chat/accounts.js'
import { addMessages } from '../support/chat/sessions.js'
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
