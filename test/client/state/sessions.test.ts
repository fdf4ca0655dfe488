import t from 'tap'
import { createChatClient } from '../../support/chat/chat-client.js'
import { claimConversation } from '../../support/chat/conversations.js'
import { startNode } from '../../support/nodes/node.js'
import { until } from '../../../harness/until.js'
import { watchAdmin, watchStore } from '../support/connect.js'

const chat = createChatClient(await startNode(t))

t.test('a store finds the answer of a closed session, and what it reads is read in its other clients', async (t) => {
  const { store, admin, sessionId } = await claimConversation(chat)
  const [one, other] = [watchStore(t, chat.node, store), watchStore(t, chat.node, store)]
  await Promise.all([one.reaches('online'), other.reaches('online')])
  t.same(one.client.account, { side: 'store', id: store.id })
  const { body } = await chat.post('admin/message/', admin, { session_id: sessionId, content: 'the answer' })
  await chat.post('admin/close/', admin, { session_id: sessionId })

  const { data, next_cursor } = await one.client.sessions({ limit: 1 })
  t.match(data, [{ id: sessionId, status: 'closed', last_message: { content: 'the answer' } }])
  t.equal(next_cursor, null)
  one.client.read({ session_id: sessionId })
  await until(() => other.told.read.length > 0, 10_000, 'the other client is told')
  t.same(other.told.read, [{ session_id: sessionId, up_to_message_id: body.message.id }])
  t.equal((await other.client.sessions()).data[0]?.last_message?.status, 'read')
})

t.test('an admin lists the sessions of a store that it may read', async (t) => {
  const { store, admin, sessionId } = await claimConversation(chat)
  const { client, reaches } = watchAdmin(t, chat.node, admin)
  await reaches('online')
  t.same(client.account, { side: 'admin', id: admin.id, role: 'agent' })
  const { data } = await client.sessions({ store_id: store.id })
  t.match(data, [{ id: sessionId, store: { id: store.id }, last_message: null }])
})
