import t from 'tap'
import { addStore } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation, openConversation } from '../support/chat/conversations.js'
import { startNode } from '../support/nodes/node.js'

const chat = createChatClient(await startNode(t))
const { get, post } = chat
const { database } = chat.node

const countMessages = async (sessionId: number) => {
  const [row] = await database.query<{ count: number; seq: number }>(
    `select (select count(*)::int from chat_message where session_id = s.id) as count, seq::int
     from chat_session s where id = $1`,
    [sessionId],
  )
  return row
}

t.test('the same send again gives the first message, stored once', async (t) => {
  const { store, sessionId } = await openConversation(chat)
  const draft = { content: 'once', client_message_id: 'a-1' }
  const first = await post('store/message/', store, draft)
  t.equal(first.status, 200)
  t.equal(first.body.message.client_message_id, 'a-1')
  const again = await post('store/message/', store, draft)
  t.equal(again.status, 200)
  t.strictSame(again.body, first.body)
  t.same(await countMessages(sessionId), { count: 1, seq: 2 }, 'and numbered once')
})

t.test('the header Idempotency-Key is the same as client_message_id', async (t) => {
  const { store } = await openConversation(chat)
  const key = (value: string) => ({ 'idempotency-key': value })
  const byHeader = await post('store/message/', store, { content: 'once' }, key('k'))
  t.equal(byHeader.body.message.client_message_id, 'k')
  const byBody = await post('store/message/', store, { content: 'once', client_message_id: 'k' })
  const byBoth = await post('store/message/', store, { content: 'once', client_message_id: 'k' }, key('k'))
  t.strictSame(byBody.body, byHeader.body)
  t.strictSame(byBoth.body, byHeader.body)
  const differing = await post('store/message/', store, { content: 'once', client_message_id: 'k' }, key('l'))
  t.equal(differing.status, 400)
  t.equal((await post('store/message/', store, { content: 'a' }, key('x'.repeat(65)))).status, 400)
  t.equal((await post('store/message/', store, { content: 'a' }, key(''))).status, 400)
})

t.test('an Idempotency-Key beyond ASCII is UTF-8, and otherwise Latin-1', async (t) => {
  const { store } = await openConversation(chat)
  const draft = { content: 'once' }
  // Node.js encodes the headers in UTF-8 when they leave together with a text.
  const send = (body: object, headers = {}) => post('store/message/', store, Buffer.from(JSON.stringify(body)), headers)
  const key = (id: string, encoding: BufferEncoding = 'utf8') => ({
    'idempotency-key': Buffer.from(id, encoding).toString('latin1'),
  })
  for (const id of ['é', '世'.repeat(64), '👋'.repeat(64)]) {
    const byHeader = await send(draft, key(id))
    t.equal(byHeader.body.message?.client_message_id, id)
    t.strictSame((await send({ ...draft, client_message_id: id })).body, byHeader.body)
    const byBoth = await send({ ...draft, client_message_id: id }, key(id))
    t.strictSame(byBoth.body, byHeader.body)
  }
  const byBytes = await send(draft, key('ü1', 'latin1'))
  t.equal(byBytes.body.message?.client_message_id, 'ü1')
  const tooLong = await send(draft, key('世'.repeat(65)))
  t.match(tooLong, { status: 400, body: { errors: [{ field: 'idempotency-key' }] } })
})

t.test('the same id with another body is a conflict and changes nothing', async (t) => {
  const { store, sessionId } = await openConversation(chat)
  const draft = { content: 'a', attachment_url: 'https://example.com/a.png', client_message_id: 'id' }
  const { body: first } = await post('store/message/', store, draft)
  for (const other of [
    { content: 'b' },
    { attachment_url: 'https://example.com/b.png' },
    { attachment_type: 'application/pdf' },
  ]) {
    t.equal((await post('store/message/', store, { ...draft, ...other })).status, 409, JSON.stringify(other))
  }
  const said = { ...draft, attachment_type: 'image/png' }
  t.equal((await post('store/message/', store, said)).status, 200, 'said or guessed')
  t.same(await countMessages(sessionId), { count: 1, seq: 2 })
  t.strictSame((await get('store/session/', store)).body.messages, [first.message])
})

t.test('a send of before attachment types were MIME types is repeated without a conflict', async (t) => {
  const { store } = await openConversation(chat)
  const draft = { attachment_url: 'https://example.com/a.png', client_message_id: 'before' }
  const { body: first } = await post('store/message/', store, draft)
  await database.query(`update chat_message set attachment_type = 'image' where id = $1`, [first.message.id])
  const { status, body } = await post('store/message/', store, draft)
  t.equal(status, 200)
  t.strictSame(body.message, { ...first.message, attachment_type: 'image' })
  t.equal((await post('store/message/', store, { ...draft, attachment_type: 'application/pdf' })).status, 409)
})

t.test('a send is remembered after its session was closed', async (t) => {
  const { store, admin, sessionId } = await claimConversation(chat)
  const fromStore = { content: 'before the close', client_message_id: 's' }
  const fromAdmin = { session_id: sessionId, content: 'so it is', client_message_id: 'a' }
  const first = [await post('store/message/', store, fromStore), await post('admin/message/', admin, fromAdmin)]
  const { body: closed } = await post('store/close/', store)

  const again = [await post('store/message/', store, fromStore), await post('admin/message/', admin, fromAdmin)]
  for (const [place, { status, body }] of again.entries()) {
    t.equal(status, 200)
    // Admins see details that stores do not.
    const session = place === 0 ? closed : { ...closed, tags: [], priority: 0 }
    t.strictSame(body, { session, message: first[place]?.body.message }, 'with its session as it is now')
  }
  const [row] = await database.query('select count(*)::int from chat_session where store_id = $1', [store.id])
  t.same(row, { count: 1 }, 'and opens no other')
  t.equal((await post('store/message/', store, { ...fromStore, content: 'another' })).status, 409)
})

t.test('an id is used for one session only', async (t) => {
  const [one, other] = [await claimConversation(chat), await openConversation(chat)]
  const { admin } = one
  await post('admin/session/claim/', admin, { session_id: other.sessionId })
  const draft = { content: 'the same', client_message_id: 'id' }
  t.equal((await post('admin/message/', admin, { session_id: one.sessionId, ...draft })).status, 200)
  t.equal((await post('admin/message/', admin, { session_id: other.sessionId, ...draft })).status, 409)
  t.same(await countMessages(other.sessionId), { count: 0, seq: 2 })
})

t.test('an id is remembered per sender', async (t) => {
  const { store, admin, sessionId } = await claimConversation(chat)
  const other = await addStore(database)
  const draft = { content: 'the same', client_message_id: 'shared' }
  const answers = [
    await post('store/message/', store, draft),
    await post('store/message/', other, draft),
    await post('admin/message/', admin, { session_id: sessionId, ...draft }),
  ]
  t.same(
    answers.map(({ status }) => status),
    [200, 200, 200],
  )
  t.equal(new Set(answers.map(({ body }) => body.message.id)).size, 3)
})

t.test('a refused send does not use up its id', async (t) => {
  const { store, admin, sessionId } = await openConversation(chat)
  const draft = { session_id: sessionId, content: 'now?', client_message_id: 'r' }
  t.equal((await post('admin/message/', admin, draft)).status, 403)
  t.same(await countMessages(sessionId), { count: 0, seq: 1 }, 'nor a seq')
  await post('admin/session/claim/', admin, { session_id: sessionId })
  t.equal((await post('admin/message/', admin, draft)).status, 200)
  t.equal((await get('store/session/', store)).body.messages.length, 1)
})

t.test('a client_message_id has 1 to 64 characters', async (t) => {
  const store = await addStore(database)
  const send = (client_message_id: unknown) => post('store/message/', store, { content: 'a', client_message_id })
  for (const id of ['x', 'é世👋', '👋'.repeat(64), 'with space', "'; drop table chat_message; --"]) {
    const { status, body } = await send(id)
    t.equal(status, 200, id)
    t.equal(body.message.client_message_id, id)
  }
  for (const id of ['', 'x'.repeat(65), 7, null]) t.equal((await send(id)).status, 400, JSON.stringify(id))
})
