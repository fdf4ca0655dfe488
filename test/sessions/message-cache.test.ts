import t from 'tap'
import { createMessageCache } from '../../src/sessions/message-cache.js'
import { createChatClient, type ChatClient } from '../support/chat/chat-client.js'
import { claimConversation, openConversation, sendMessages, type Conversation } from '../support/chat/conversations.js'
import { createDatabase } from '../support/databases/database.js'
import { createNetwork } from '../support/nodes/network.js'
import { startNode } from '../support/nodes/node.js'

const database = await createDatabase(t)
const network = createNetwork(t, 'local')
const start = async (sessionCacheMb: number) =>
  createChatClient(await startNode(t, { database, network, config: { sessionCacheMb } }))
const chat = await start(64)
const nodes = [chat, await start(64), await start(0)]

const sessionOn = async ({ get }: ChatClient, { store }: Conversation) => (await get('store/session/', store)).text

t.test('a session is the same on a node that remembers and on one that does not, whatever happens in it', async (t) => {
  const conversation = await openConversation(chat)
  const { store, admin, sessionId } = conversation
  const session_id = sessionId
  const { post, get } = chat
  const acts = {
    'nothing has happened': () => undefined,
    'the store has written': () => sendMessages(chat, store, 3),
    'an admin has fetched it': () => get('admin/messages/', admin, { session_id }),
    'the store has written more': () => sendMessages(chat, store, 1),
    'the admin has fetched that': () => get('admin/messages/', admin, { session_id }),
    'and claimed it': () => post('admin/session/claim/', admin, { session_id }),
    'and read it': () => post('message/read/', admin, { session_id }),
    'and written': () => post('admin/message/', admin, { session_id, content: 'На складе' }),
    'the store has read it': () => post('message/read/', store, { session_id }),
    'the store has got another name': () =>
      database.query(`update store set name = 'Another name' where id = $1`, [store.id]),
    'there are more messages than are given': () => sendMessages(chat, store, 205),
    'it was released': () => post('admin/session/release/', admin, { session_id }),
    'it was closed': () => post('store/close/', store, { session_id }),
    'the next one has a message': () => sendMessages(chat, store, 1),
  }
  const seen = new Set<string>()
  for (const [what, act] of Object.entries(acts)) {
    await act()
    const [first, ...others] = await Promise.all(nodes.map((node) => sessionOn(node, conversation)))
    for (const text of others) t.equal(text, first, what)
    // Now from the cache, if there is one.
    for (const node of nodes) t.equal(await sessionOn(node, conversation), first, `${what}, again`)
    seen.add(first ?? '')
  }
  t.equal(seen.size, Object.keys(acts).length, 'each act has shown')
})

t.test('what is remembered is not read again', async (t) => {
  const conversation = await claimConversation(chat)
  const { store, sessionId } = conversation
  await sendMessages(chat, store, 2)
  const before = await Promise.all(nodes.map((node) => sessionOn(node, conversation)))
  // Nothing in the product does this.
  await database.query(`update chat_message set content = 'changed' where session_id = $1`, [sessionId])
  const after = await Promise.all(nodes.map((node) => sessionOn(node, conversation)))
  t.same(
    after.map((text, index) => text === before[index]),
    [true, true, false],
  )
  await database.query('update chat_session set updated = clock_timestamp() where id = $1', [sessionId])
  for (const node of nodes) t.match(await sessionOn(node, conversation), '"content":"changed"', 'nor longer than that')
})

t.test('another history with the same numbers, as after a restored backup, is told apart', async (t) => {
  const conversation = await claimConversation(chat)
  const { store, sessionId } = conversation
  const [id = 0] = await sendMessages(chat, store, 1)
  await sessionOn(chat, conversation)
  await database.query('delete from chat_message where id = $1', [id])
  await database.query('update chat_session set seq = seq - 1 where id = $1', [sessionId])
  await database.query(`select setval('chat_message_id_seq', $1, false)`, [id])
  const { body } = await chat.post('store/message/', store, { content: 'another' })
  t.equal(body.message.id, id)
  t.match(await sessionOn(chat, conversation), '"content":"another"')
})

t.test('memory is bounded', async (t) => {
  const memory = createMessageCache(1)
  const countKept = (json: string, count: number) => {
    const storeIds = Array.from({ length: count }, (_, index) => index)
    for (const storeId of storeIds) memory?.set(storeId, { version: '', json, newestForeignId: null })
    return storeIds.filter((storeId) => memory?.get(storeId) !== undefined).length
  }
  const json = 'é'.repeat(10_000)
  t.ok(Math.abs(countKept(json, 200) - 100) < 5, 'a megabyte of it')
  t.ok(Math.abs(countKept(json.replace('é', 'я'), 200) - 50) < 3, 'half as many where each character takes two bytes')
  t.equal(countKept('x'.repeat(100_000), 10), 0, 'one that would push out many others is not kept')
  t.equal(createMessageCache(0), undefined)
})
