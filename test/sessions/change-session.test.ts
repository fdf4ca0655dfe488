import t from 'tap'
import { addAdmin } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import {
  claimConversation,
  closeConversation,
  openConversation,
  type Conversation,
} from '../support/chat/conversations.js'
import { startNode } from '../support/nodes/node.js'

const chat = createChatClient(await startNode(t))
const { get, post } = chat
const { database } = chat.node

const storeKeys = 'id,store_id,admin_id,status,last_message_at,created,updated'
const sessionKeys = `${storeKeys},tags,priority`
const changesOf = ({ sessionId }: Conversation) =>
  database.query<{ kind: string; seq: number; admin: number; previous: number }>(
    `select kind, seq::int, admin_id::int as admin, previous_admin_id::int as previous
     from chat_session_change where session_id = $1 order by seq`,
    [sessionId],
  )

t.test('a released session is open again, for anybody to claim', async (t) => {
  const conversation = await claimConversation(chat)
  const { store, admin, sessionId } = conversation
  const { status, body } = await post('admin/session/release/', admin, { session_id: sessionId })
  t.equal(status, 200)
  t.equal(Object.keys(body).join(), sessionKeys)
  t.match(body, { id: sessionId, status: 'open', admin_id: null })
  t.notOk('store' in (await get('store/session/', store)).body, 'the store is alone again')
  const next = await addAdmin(database)
  t.equal((await post('admin/session/claim/', next, { session_id: sessionId })).status, 200)
  t.same(await changesOf(conversation), [
    { kind: 'create', seq: 1, admin: null, previous: null },
    { kind: 'claim', seq: 2, admin: admin.id, previous: null },
    { kind: 'release', seq: 3, admin: null, previous: admin.id },
    { kind: 'claim', seq: 4, admin: next.id, previous: null },
  ])
})

t.test('a transferred session belongs to the other admin at once', async (t) => {
  const conversation = await claimConversation(chat)
  const { admin, sessionId } = conversation
  const next = await addAdmin(database)
  const transfer = { session_id: sessionId, admin_id: next.id }
  const { status, body } = await post('admin/session/transfer/', admin, transfer)
  t.equal(status, 200)
  t.equal(Object.keys(body).join(), sessionKeys)
  t.match(body, { status: 'claimed', admin_id: next.id })
  const write = (holder: { token: string }) => post('admin/message/', holder, { session_id: sessionId, content: 'a' })
  t.equal((await write(admin)).status, 403)
  t.equal((await write(next)).status, 200)
  t.match((await changesOf(conversation)).at(-1), { kind: 'transfer', seq: 3, admin: next.id, previous: admin.id })
})

t.test('a transfer to oneself changes nothing, one to nobody is not found', async (t) => {
  const conversation = await claimConversation(chat)
  const { admin, sessionId } = conversation
  const transfer = (admin_id: unknown) => post('admin/session/transfer/', admin, { session_id: sessionId, admin_id })
  const { status, body } = await transfer(admin.id)
  t.equal(status, 200)
  t.match(body, { status: 'claimed', admin_id: admin.id })
  const withNote = { session_id: sessionId, admin_id: admin.id, note: 'would be lost' }
  t.equal((await post('admin/session/transfer/', admin, withNote)).status, 409)
  t.equal((await transfer(Number.MAX_SAFE_INTEGER)).status, 404)
  t.equal((await transfer(conversation.store.id)).status, 404, 'a store is no admin')
  for (const id of [undefined, null, 0, '5', 2 ** 53]) t.equal((await transfer(id)).status, 400)
  t.equal((await changesOf(conversation)).length, 2)
})

t.test('a closed session says when, stays closed, and makes room for a new one', async (t) => {
  const byAdmin = await claimConversation(chat)
  const [byStore, unclaimed] = await Promise.all([claimConversation(chat), openConversation(chat)])
  const closes = [
    {
      conversation: byAdmin,
      answer: await post('admin/close/', byAdmin.admin, { session_id: byAdmin.sessionId }),
      keys: `${storeKeys},closed_at,tags,priority`,
    },
    { conversation: byStore, answer: await post('store/close/', byStore.store), keys: `${storeKeys},closed_at` },
    {
      conversation: unclaimed,
      answer: await post('store/close/', unclaimed.store, ''),
      keys: `${storeKeys},closed_at`,
    },
  ]
  for (const { conversation, answer, keys } of closes) {
    const { status, body } = answer
    t.equal(status, 200)
    t.equal(Object.keys(body).join(), keys)
    t.match(body, { id: conversation.sessionId, status: 'closed' })
    t.ok(body.closed_at >= body.created)
    t.equal((await post('store/close/', conversation.store)).status, 409, 'nothing is active')
    const next = await get('store/session/', conversation.store)
    t.match(next.body, { status: 'open', admin_id: null, messages: [] })
    t.ok(next.body.id > conversation.sessionId)
    t.match((await changesOf(conversation)).at(-1), { kind: 'close' })
  }
  t.match(closes[1]?.answer.body, { admin_id: byStore.admin.id }, 'who held it is still known')
})

t.test('only the holder releases, transfers or closes, and only until the close', async (t) => {
  const [open, claimed, closed] = await Promise.all([
    openConversation(chat),
    claimConversation(chat),
    closeConversation(chat),
  ])
  const closedUnclaimed = await openConversation(chat)
  await post('store/close/', closedUnclaimed.store)
  const other = await addAdmin(database)
  const changes = await database.query('select * from chat_session_change order by session_id, seq')
  const acts = {
    'admin/session/release/': {},
    'admin/session/transfer/': { admin_id: other.id },
    'admin/close/': {},
  }
  for (const [path, more] of Object.entries(acts)) {
    const act = async (admin: { token: string }, session_id: number) =>
      (await post(path, admin, { session_id, ...more })).status
    t.equal(await act(open.admin, open.sessionId), 403, `${path} nobody's`)
    t.equal(await act(other, claimed.sessionId), 403, `${path} another's`)
    t.equal(await act(closed.admin, closed.sessionId), 409, `${path} closed`)
    t.equal(await act(other, closed.sessionId), 403, `${path} another's, closed`)
    t.equal(await act(other, closedUnclaimed.sessionId), 409, `${path} nobody's, closed`)
    t.equal(await act(other, Number.MAX_SAFE_INTEGER), 404, `${path} unknown`)
  }
  const after = await database.query('select * from chat_session_change order by session_id, seq')
  t.same(after, changes, 'and refusals change nothing')
})
