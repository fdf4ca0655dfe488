import t from 'tap'
import { addAdmin } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation, openConversation } from '../support/chat/conversations.js'
import { startNode } from '../support/nodes/node.js'
import { enter } from '../support/clients/socket-client.js'

const node = await startNode(t)
const chat = createChatClient(node)
const { database } = node
const addSupervisor = () => addAdmin(database, { role: 'supervisor' })
const statusesFor = async (store: { token: string }) =>
  (await chat.get('store/messages/', store)).body.data.map(({ status }: { status: string }) => status) as string[]

t.test("a supervisor reads another's session, and to the store nothing of it is delivered or read", async (t) => {
  const { store, admin, sessionId } = await claimConversation(chat)
  const supervisor = await addSupervisor()
  const forStore = await enter(t, node, 'store', store)
  await chat.post('store/message/', store, { content: 'hello' })
  const named = { session_id: sessionId }
  const socket = await enter(t, node, 'admin', supervisor)
  t.match((await chat.get('admin/session/', supervisor, named)).body.messages, [{ content: 'hello', status: 'sent' }])
  t.match((await chat.get('admin/messages/', supervisor, named)).body.data, [{ content: 'hello', status: 'sent' }])
  t.equal((await chat.post('message/read/', supervisor, named)).status, 200)
  socket.send('resume', { sessions: { [sessionId]: 0 } })
  t.match(await socket.next('sync'), { messages: [{ content: 'hello' }], complete: true })
  socket.send('read', named)
  socket.send('ping')
  await socket.next('pong')
  t.same(await statusesFor(store), ['sent'])
  t.same(await database.query(`select from chat_receipt where session_id = $1 and side = 'admin'`, [sessionId]), [])
  // The first event that the store gets is one of its holder.
  t.equal((await chat.post('message/read/', admin, named)).status, 200)
  t.match(await forStore.next('message_status'), { status: 'read', by: 'admin' })
  t.equal(forStore.all('message_status').length, 1)
})

t.test('what a supervisor holds, or nobody does, it reads like every admin', async (t) => {
  const { store, sessionId } = await openConversation(chat)
  const supervisor = await addSupervisor()
  await chat.post('store/message/', store, { content: 'hello' })
  await chat.get('admin/session/', supervisor, { session_id: sessionId })
  t.same(await statusesFor(store), ['delivered'])
  await chat.post('admin/session/claim/', supervisor, { session_id: sessionId })
  await chat.post('message/read/', supervisor, { session_id: sessionId })
  t.same(await statusesFor(store), ['read'])
})

t.test('a supervisor marks its own notifications read, whoever holds the session by now', async (t) => {
  const { store, admin, sessionId } = await openConversation(chat)
  const supervisor = await addSupervisor()
  await chat.post('store/message/', store, { content: 'to all' })
  await chat.post('admin/session/claim/', admin, { session_id: sessionId })
  const count = async () => (await chat.get('admin/notifications/count/', supervisor)).body.data.count as number
  const before = await count()
  await chat.post('message/read/', supervisor, { session_id: sessionId })
  t.equal(await count(), before - 1)
  t.same(await statusesFor(store), ['sent'])
})

t.test("a supervisor releases, transfers and closes another's session; it may not write into it", async (t) => {
  const { store, admin, sessionId } = await claimConversation(chat)
  const [supervisor, next] = [await addSupervisor(), await addAdmin(database)]
  const forStore = await enter(t, node, 'store', store)
  const named = { session_id: sessionId }
  t.equal((await chat.post('admin/message/', supervisor, { ...named, content: 'mine' })).status, 403)
  t.match((await chat.post('admin/session/transfer/', supervisor, { ...named, admin_id: next.id })).body, {
    admin_id: next.id,
  })
  t.match(await forStore.next('admin_disconnected'), { admin_id: admin.id })
  t.match((await chat.post('admin/session/release/', supervisor, named)).body, { status: 'open', admin_id: null })
  t.match(await forStore.next('admin_disconnected'), { admin_id: next.id })
  t.equal((await chat.post('admin/session/release/', supervisor, named)).status, 409, 'open already')
  t.match((await chat.post('admin/close/', supervisor, named)).body, { status: 'closed', closed_at: String })
  t.equal((await chat.post('admin/close/', supervisor, named)).status, 409)
})

t.test('an open session that a supervisor hands over is claimed by that', async (t) => {
  const { store, admin, sessionId } = await openConversation(chat)
  const supervisor = await addSupervisor()
  const forStore = await enter(t, node, 'store', store)
  const body = { session_id: sessionId, admin_id: admin.id }
  t.match((await chat.post('admin/session/transfer/', supervisor, body)).body, {
    status: 'claimed',
    admin_id: admin.id,
  })
  t.match(await forStore.next('session_update'), { seq: 2, session: { status: 'claimed' } })
  t.match(await forStore.next('admin_connected'), { admin_id: admin.id })
  t.same(forStore.all('admin_disconnected'), [])
  t.equal((await chat.post('admin/session/transfer/', supervisor, body)).status, 200, 'to whom it is already')
  t.equal((await chat.post('admin/session/transfer/', supervisor, { ...body, admin_id: 2 ** 40 })).status, 404)
  t.same(await database.query(`select kind from chat_session_change where session_id = $1 and seq > 1`, [sessionId]), [
    { kind: 'claim' },
  ])
})
