import t, { type Test } from 'tap'
import { addAdmin } from '../../support/chat/accounts.js'
import { createChatClient } from '../../support/chat/chat-client.js'
import { claimConversation, openConversation, sendMessages } from '../../support/chat/conversations.js'
import { startNode } from '../../support/nodes/node.js'
import { addMessages } from '../../support/chat/sessions.js'
import { until } from '../../../harness/until.js'
import { list, watchAdmin, watchStore, type Watched } from '../support/connect.js'
import { startProxy } from '../support/proxy.js'

const node = await startNode(t)
const { database } = node
const chat = createChatClient(node)

/** Runs a function while a client is disconnected. */
async function whileAway(
  { reaches }: Pick<Watched<unknown>, 'reaches'>,
  way: Awaited<ReturnType<typeof startProxy>>,
  act: () => Promise<unknown>,
): Promise<void> {
  way.lead(undefined)
  way.cut()
  await reaches('offline')
  await act()
  way.lead(node)
  await reaches('online')
}

async function connectHolder(t: Test, before = 0) {
  const conversation = await claimConversation(chat)
  await sendMessages(chat, conversation.store, before)
  const way = await startProxy(t, node)
  const admin = watchAdmin(t, way, conversation.admin)
  await admin.reaches('online')
  // An admin's client catches up with sessions that it knows, and a busy machine may cut its connection at any time.
  await admin.client.session(conversation.sessionId)
  return { ...conversation, way, admin }
}

t.test('the history is no news to a store that connects for the first time', async (t) => {
  const { store: account, sessionId } = await openConversation(chat)
  await sendMessages(chat, account, 3)
  const store = watchStore(t, node, account)
  await store.reaches('online')
  t.match(store.told.session, [{ id: sessionId, status: 'open' }])
  await store.client.send({ content: 'new' })
  t.same(store.contents(), ['new'])
  t.equal((await store.client.session()).messages.length, 4)
})

for (const count of [3, 450]) {
  t.test(`${count} messages that were missed are told once and in order, and then what came since`, async (t) => {
    const { store: account, admin, sessionId } = await claimConversation(chat)
    const way = await startProxy(t, node)
    const store = watchStore(t, way, account)
    await store.reaches('online')
    const contents = list(count, 'missed')
    await whileAway(store, way, () =>
      addMessages(
        database,
        sessionId,
        contents.map((content) => ({ side: 'admin', content })),
      ),
    )
    await chat.post('admin/message/', admin, { session_id: sessionId, content: 'live' })
    await until(() => store.contents().includes('live'), 10_000, 'all is told')
    t.same(store.contents(), [...contents, 'live'])
  })
}

t.test('an interrupted catching up goes on where it was cut', async (t) => {
  const { store: account, sessionId } = await claimConversation(chat)
  const way = await startProxy(t, node)
  const store = watchStore(t, way, account)
  await store.reaches('online')
  const contents = list(900, 'missed')
  store.client.on('message', ({ content }) => {
    if (content === 'missed 150' || content === 'missed 450') way.cut()
  })
  await whileAway(store, way, () =>
    addMessages(
      database,
      sessionId,
      contents.map((content) => ({ side: 'admin', content })),
    ),
  )
  await until(() => store.contents().length >= contents.length, 10_000, 'all is told')
  t.same(store.contents(), contents)
})

t.test('a session that ended and one that began while a store was away are both told', async (t) => {
  const { store: account, sessionId } = await openConversation(chat)
  const way = await startProxy(t, node)
  const store = watchStore(t, way, account)
  await store.reaches('online')
  await whileAway(store, way, async () => {
    await sendMessages(chat, account, 1)
    await chat.post('store/close/', account)
    await sendMessages(chat, account, 2)
  })
  await until(() => store.contents().length >= 3, 5000)
  t.same(store.contents(), ['message 0', 'message 0', 'message 1'])
  t.match(
    store.told.session.find(({ id, status }) => id === sessionId && status === 'closed'),
    { id: sessionId },
  )
  t.match(store.told.session.at(-1), { status: 'open' })
})

t.test('an admin misses nothing in a session it knows from its list only', async (t) => {
  for (const before of [0, 2]) {
    const { store, way, admin } = await connectHolder(t, before)
    await admin.client.mySessions()
    await whileAway(admin, way, () => sendMessages(chat, store, 3))
    await until(() => admin.contents().length >= 3, 5000, `with ${before} messages before`)
    t.same(admin.contents(), ['message 0', 'message 1', 'message 2'])
  }
})

t.test('what happens between an answer over HTTP and the connection is told', async (t) => {
  const { store, admin: account, sessionId } = await claimConversation(chat)
  await sendMessages(chat, store, 2)
  const way = await startProxy(t, node)
  way.lead(undefined)
  const admin = watchAdmin(t, way, account, {
    fetch: (input, init) => fetch((input as string).replace(way.origin, node.origin), init),
  })
  await admin.client.mySessions()
  await chat.post('store/message/', store, { content: 'between' })
  way.lead(node)
  await admin.reaches('online')
  await until(() => admin.contents().length > 0, 5000)
  t.same(admin.contents(), ['between'])
  await admin.client.send({ session_id: sessionId, content: 'Yes?' })
  t.same(admin.contents(), ['between', 'Yes?'])
})

t.test('more sessions than one frame can resume are all caught up with', async (t) => {
  const way = await startProxy(t, node)
  const admin = watchAdmin(t, way, await addAdmin(database))
  await admin.reaches('online')
  const conversations = await Promise.all(list(205, '').map(() => openConversation(chat)))
  const ids = conversations.map(({ sessionId }) => sessionId)
  await until(() => ids.every((id) => admin.told.session.some((session) => session.id === id)), 10_000, 'all are told')
  const missed = ids.map((id) => `in ${id}`)
  await whileAway(admin, way, () => Promise.all(ids.map((id) => addMessages(database, id, [{ content: `in ${id}` }]))))
  await until(() => admin.contents().length >= missed.length, 15_000, 'all is told')
  t.same(admin.contents().sort(), missed.sort())
})

t.test('ticks that turned while away are told afterwards', async (t) => {
  const { store: account, admin, sessionId } = await claimConversation(chat)
  const way = await startProxy(t, node)
  const store = watchStore(t, way, account)
  const { id } = await store.client.send({ content: 'seen?' })
  const tab = watchStore(t, node, account)
  await tab.reaches('online')
  await whileAway(store, way, async () => {
    await chat.post('message/read/', admin, { session_id: sessionId })
    await until(() => tab.told.status.some(({ status }) => status === 'read'), 5000, 'another tab is told')
  })
  await until(() => store.told.status.some(({ status }) => status === 'read'), 5000, 'it is read')
  t.match(store.told.status.at(-1), { session_id: sessionId, status: 'read', up_to_message_id: id, by: 'admin' })
})

t.test('what was read while away is marked when the connection is back', async (t) => {
  const { sessionId, store, way, admin } = await connectHolder(t)
  await sendMessages(chat, store, 1)
  await until(() => admin.contents().length === 1, 5000)
  await whileAway(admin, way, async () => admin.client.read({ session_id: sessionId }))
  const isRead = async () => (await chat.get('store/messages/', store)).body.data[0].status === 'read'
  await until(isRead, 5000, 'it is marked')
})
