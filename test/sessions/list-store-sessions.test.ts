import t, { type Test } from 'tap'
import { addAdmin, addStore, type TestAccount } from '../support/chat/accounts.js'
import { createChatClient, type ChatClient } from '../support/chat/chat-client.js'
import { claimConversation, openConversation } from '../support/chat/conversations.js'
import { startNode } from '../support/nodes/node.js'

const chat = createChatClient(await startNode(t))
const { get, post } = chat

interface Listed {
  id: number
}

const idsOf = ({ body }: { body: { data: Listed[] } }) => body.data.map(({ id }) => id)

/** So many sessions of a store, one after the other, each with one message; all but the last are closed. Oldest first. */
async function holdConversations({ post }: ChatClient, store: TestAccount, count: number): Promise<number[]> {
  const ids: number[] = []
  for (let place = 0; place < count; place++) {
    if (place > 0) await post('store/close/', store)
    const { body } = await post('store/message/', store, { content: `of ${place}` })
    ids.push(body.session.id)
  }
  return ids
}

t.test('an answer in a session that was closed meanwhile is found', async (t) => {
  const { store, admin, sessionId } = await claimConversation(chat)
  await post('store/message/', store, { content: 'a question' })
  const { body: answer } = await post('admin/message/', admin, { session_id: sessionId, content: 'the answer' })
  await post('admin/close/', admin, { session_id: sessionId })
  const { status, body } = await get('store/sessions/', store)
  t.equal(status, 200)
  t.equal(Object.keys(body).join(), 'data,next_cursor')
  t.match(body, {
    data: [{ id: sessionId, status: 'closed', closed_at: String, last_message: { content: 'the answer' } }],
    next_cursor: null,
  })
  t.equal(body.data[0].last_message.status, 'sent', 'a list delivers nothing, like those of the admins')
  t.notOk('store' in body.data[0])

  t.equal((await post('message/read/', store, { session_id: sessionId })).status, 200)
  const last = (await get('store/sessions/', store)).body.data[0].last_message
  t.match(last, { id: answer.message.id, status: 'read' }, 'a closed session can be read')
})

t.test('a store sees its own sessions, newest first, and looking makes none', async () => {
  const [store, other] = [await addStore(chat.node.database), await addStore(chat.node.database)]
  t.same((await get('store/sessions/', store)).body, { data: [], next_cursor: null })
  const ids = await holdConversations(chat, store, 3)
  await holdConversations(chat, other, 1)
  const answer = await get('store/sessions/', store)
  t.same(idsOf(answer), ids.toReversed())
  t.same(
    answer.body.data.map(({ status }: { status: string }) => status),
    ['open', 'closed', 'closed'],
  )
})

t.test('an admin sees those it holds or held, and those that nobody did', async (t) => {
  const [store, admin, other] = [
    await addStore(chat.node.database, { name: 'Tech Store' }),
    await addAdmin(chat.node.database),
    await addAdmin(chat.node.database),
  ]
  const begin = async () => (await post('store/message/', store, { content: 'hello' })).body.session.id as number
  const take = async (by: TestAccount, close: boolean) => {
    const session_id = await begin()
    await post('admin/session/claim/', by, { session_id })
    if (close) await post('admin/close/', by, { session_id })
    return session_id
  }
  const own = await take(admin, true)
  const others = await take(other, true)
  const nobodys = await begin()
  await post('store/close/', store)
  const held = await take(admin, false)
  await openConversation(chat)
  const query = { store_id: store.id }
  const answer = await get('admin/sessions/', admin, query)
  t.same(idsOf(answer), [held, nobodys, own])
  t.match(answer.body.data[0], { store: { id: store.id, name: 'Tech Store' }, last_message: { content: 'hello' } })
  t.same(idsOf(await get('admin/sessions/', other, query)), [nobodys, others])
  const supervisor = await addAdmin(chat.node.database, { role: 'supervisor' })
  t.same(idsOf(await get('admin/sessions/', supervisor, query)), [held, nobodys, others, own])
  for (const id of idsOf(answer)) t.equal((await get('admin/session/', admin, { session_id: id })).status, 200)
  t.same((await get('admin/sessions/', admin, { store_id: Number.MAX_SAFE_INTEGER })).body.data, [])
  t.equal((await get('admin/sessions/', admin, { store_id: 'x' })).status, 400)
})

async function readAll(path: string, reader: TestAccount, query: object, between: () => Promise<unknown>) {
  const ids: number[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const answer = await get(path, reader, { ...query, limit: 2, ...(cursor !== '' && { cursor }) })
    ids.push(...idsOf(answer))
    cursor = answer.body.next_cursor
    if (cursor !== null) await between()
  }
  return ids
}

const checkPages = async (t: Test, path: string, reader: 'store' | 'admin') => {
  const [store, admin] = [await addStore(chat.node.database), await addAdmin(chat.node.database)]
  const query = reader === 'admin' ? { store_id: store.id } : {}
  const ids = await holdConversations(chat, store, 5)
  const found = await readAll(path, { store, admin }[reader], query, async () => {
    await post('store/close/', store)
    await post('store/message/', store, { content: 'a new one' })
  })
  t.same(found, ids.toReversed(), 'pages lose and repeat nothing while sessions begin and end')
  for (const cursor of ['x', Buffer.from('1.2').toString('base64url'), 'x'.repeat(201)]) {
    const { status, body } = await get(path, { store, admin }[reader], { ...query, cursor })
    t.equal(status, 400, cursor.slice(0, 20))
    t.equal(body.errors[0].field, 'cursor')
  }
  for (const limit of [0, 201, 'x']) {
    t.equal((await get(path, { store, admin }[reader], { ...query, limit })).status, 400)
  }
}

t.test('store/sessions/ is paged', (t) => checkPages(t, 'store/sessions/', 'store'))
t.test('admin/sessions/ is paged', (t) => checkPages(t, 'admin/sessions/', 'admin'))
