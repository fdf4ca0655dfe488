import t from 'tap'
import { sendMessages } from '../../src/messages/send-message.js'
import { addAdmin, addStore } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation, closeConversation, openConversation } from '../support/chat/conversations.js'
import { startNode } from '../support/nodes/node.js'
import { until } from '../../harness/until.js'

const chat = createChatClient(await startNode(t))
const { get, post } = chat
const { database } = chat.node

t.test("a store's message opens a session and comes back as it was stored", async (t) => {
  const store = await addStore(database)
  const { status, body } = await post('store/message/', store, { content: 'Hello “世界” 👋\n"quoted" \\u0041' })
  t.equal(status, 200)
  t.equal(Object.keys(body).join(), 'session,message')
  const { session, message } = body
  t.equal(Object.keys(session).join(), 'id,store_id,admin_id,status,last_message_at,created,updated')
  t.match(session, { store_id: store.id, admin_id: null, status: 'open', last_message_at: message.created })
  t.strictSame(message, {
    id: message.id,
    session_id: session.id,
    sender_type: 'store',
    sender_id: store.id,
    content: 'Hello “世界” 👋\n"quoted" \\u0041',
    attachment_url: '',
    attachment_type: '',
    status: 'sent',
    created: message.created,
  })
  const fetched = await get('store/session/', store)
  t.strictSame(fetched.body.messages, [message])
})

t.test('a message moves last_message_at of its session and nothing else', async (t) => {
  const { store } = await openConversation(chat)
  const { body: before } = await get('store/session/', store)
  const { body } = await post('store/message/', store, { content: 'one' })
  const { created } = body.message
  t.ok(created >= before.created)
  const { messages, ...session } = before
  t.same(messages, [])
  t.strictSame(body.session, { ...session, last_message_at: created, updated: created })
})

t.test('where the clock was set back, no message is older than the event before it', async (t) => {
  const { store, sessionId } = await openConversation(chat)
  await database.query(`update chat_session set updated = now() + interval '1 hour' where id = $1`, [sessionId])
  const { body: before } = await get('store/session/', store)
  const { body } = await post('store/message/', store, { content: 'later' })
  t.ok(body.message.created >= before.updated)
  t.equal(body.session.updated, body.message.created)
})

t.test('both sides read one conversation in one order', async (t) => {
  const { store, admin, sessionId } = await claimConversation(chat)
  await post('store/message/', store, { content: 'first' })
  const { status, body } = await post('admin/message/', admin, { session_id: sessionId, content: 'second' })
  t.equal(status, 200)
  t.match(body.message, { session_id: sessionId, sender_type: 'admin', sender_id: admin.id, content: 'second' })
  t.match(body.session, { id: sessionId, admin_id: admin.id, status: 'claimed' })
  await post('store/message/', store, { content: 'third' })
  const [forStore, forAdmin] = await Promise.all([
    get('store/session/', store),
    get('admin/session/', admin, { session_id: sessionId }),
  ])
  for (const { body } of [forStore, forAdmin]) {
    t.same(
      body.messages.map(({ content }: { content: string }) => content),
      ['first', 'second', 'third'],
    )
  }
})

t.test('a store that names a session still writes to its active one', async (t) => {
  const [mine, other] = await Promise.all([openConversation(chat), openConversation(chat)])
  const { body } = await post('store/message/', mine.store, { session_id: other.sessionId, content: 'hello' })
  t.equal(body.session.id, mine.sessionId)
})

t.test('after a close a message opens the next session', async (t) => {
  const { store, sessionId } = await closeConversation(chat)
  const { status, body } = await post('store/message/', store, { content: 'one more thing' })
  t.equal(status, 200)
  t.ok(body.session.id > sessionId)
  t.match(body.session, { status: 'open', admin_id: null })
})

t.test('an admin writes only into a session that it holds', async (t) => {
  const [open, claimed, closed] = await Promise.all([
    openConversation(chat),
    claimConversation(chat),
    closeConversation(chat),
  ])
  const other = await addAdmin(database)
  const send = async (admin: { token: string }, session_id: number) =>
    (await post('admin/message/', admin, { session_id, content: 'hello' })).status
  t.equal(await send(open.admin, open.sessionId), 403, 'nobody holds it')
  t.equal(await send(other, claimed.sessionId), 403, 'another holds it')
  t.equal(await send(closed.admin, closed.sessionId), 409, 'closed')
  t.equal(await send(other, closed.sessionId), 403, 'another held it until the end')
  t.equal(await send(other, Number.MAX_SAFE_INTEGER), 404)
  const [row] = await database.query<{ count: string }>(
    `select count(*) from chat_message where sender_type = 'admin'
    and session_id = any($1)`,
    [[open, claimed, closed].map(({ sessionId }) => sessionId)],
  )
  t.equal(row?.count, '0')
})

t.test('a message needs something to say, and says what is wrong', async (t) => {
  const { store, admin, sessionId } = await claimConversation(chat)
  for (const nothing of [{}, { content: '' }, { content: ' \t\n\u00a0\u3000' }, { content: ' ', attachment_url: '' }]) {
    for (const send of [
      () => post('store/message/', store, nothing),
      () => post('admin/message/', admin, { session_id: sessionId, ...nothing }),
    ]) {
      const { status, body } = await send()
      t.equal(status, 400, JSON.stringify(nothing))
      t.equal(body.errors[0].field, 'content')
    }
  }
  t.equal((await post('admin/message/', admin, { content: 'where to?' })).body.errors[0].field, 'session_id')
})

t.test('a body of another type is not taken', async (t) => {
  const store = await addStore(database)
  for (const body of ['[]', 'null', '"text"', '7', '']) {
    t.equal((await post('store/message/', store, body)).status, 400, body)
  }
  t.equal((await post('store/message/', store, '{"content": "a"')).status, 400)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  t.equal((await post('store/message/', store, 'content=a', form)).status, 415)
  t.equal((await post('store/message/', store, { content: 'a'.repeat(200_000) })).status, 413)
  for (const content of [7, true, null, ['a'], { a: 1 }]) {
    t.equal((await post('store/message/', store, { content })).status, 400, 'no other type becomes text')
  }
})

t.test('what is stored is announced while an earlier message is still being read', async (t) => {
  const { store, sessionId } = await openConversation(chat)
  await post('store/message/', store, { content: 'before', client_message_id: 'id' })
  const announced: object[] = []
  let fail: (error: Error) => void = () => undefined
  const slow = {
    ...chat.node.app.deps,
    publisher: { publish: (_channels: string[], what: object) => void announced.push(what) },
    readSent: () => new Promise<never>((_resolve, reject) => (fail = reject)),
  }
  const account = { side: 'store', id: store.id, tokenId: 0, expiresAt: Infinity } as const
  const sending = sendMessages(slow, account, [{ content: 'before', client_message_id: 'id' }, { content: 'now' }])
  await until(() => announced.length > 0, 5000, 'the announcement')
  t.match(announced, [{ message: { sessionId } }])
  fail(new Error('gone'))
  t.match(await sending, [{ message: 'gone' }, { outcome: 'stored', message: { content: 'now' } }])
})
