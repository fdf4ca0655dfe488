import t from 'tap'
import { ChatError } from '../../../src/client/index.js'
import { addAdmin, addStore } from '../../support/chat/accounts.js'
import { startNode } from '../../support/nodes/node.js'
import { until } from '../../../harness/until.js'
import { watchAdmin, watchStore } from '../support/connect.js'

const node = await startNode(t)

t.test('a store writes, an admin claims and answers, and each sees how far the other has read', async (t) => {
  const [storeAccount, adminAccount] = await Promise.all([addStore(node.database), addAdmin(node.database)])
  const store = watchStore(t, node, storeAccount)
  const admin = watchAdmin(t, node, adminAccount)
  await Promise.all([store.reaches('online'), admin.reaches('online')])
  t.same(store.told.state, ['online'])

  const sent = await store.client.send({ content: 'Hello' })
  t.match(sent, { content: 'Hello', sender_type: 'store', sender_id: storeAccount.id, status: 'sent' })
  await until(() => admin.contents().includes('Hello'), 5000, 'the admin sees it')
  const session_id = sent.session_id
  const { data, count } = await admin.client.openSessions()
  t.equal(count, 1)
  t.match(data[0], { id: session_id, last_message: { content: 'Hello' } })

  const claimed = await admin.client.claim(session_id)
  t.match(claimed, { id: session_id, admin_id: adminAccount.id, status: 'claimed', store: { id: storeAccount.id } })
  await until(() => store.told.session.at(-1)?.admin_id === adminAccount.id, 5000, 'the store is told')
  await until(() => store.told.presence.at(-1)?.online, 5000, 'the admin is there')
  t.match((await admin.client.mySessions()).data, [{ id: session_id }])

  admin.client.typing(true, { session_id })
  admin.client.typing(true, { session_id })
  await until(() => store.told.typing.at(-1)?.is_typing, 5000, 'the admin types')
  await admin.client.send({ session_id, content: 'Good day' })
  admin.client.typing(false, { session_id })
  await until(() => store.told.typing.at(-1)?.is_typing === false, 5000, 'the admin has stopped')
  t.equal(store.told.typing.length, 2, 'typing is said once')
  t.same(store.contents(), ['Hello', 'Good day'])
  t.same(admin.contents(), ['Hello', 'Good day'])

  store.client.read()
  await until(() => admin.told.status.some(({ status, by }) => status === 'read' && by === 'store'), 5000, 'ticks turn')
  admin.client.read({ session_id })
  await until(() => store.told.status.some(({ status }) => status === 'read'), 5000, 'ticks turn')
  await until(() => admin.told.notification.at(-1)?.count === 0, 5000, 'nothing is unread')
  t.same(
    (await store.client.history()).data.map(({ status }) => status),
    ['read', 'read'],
  )

  t.match(await admin.client.closeSession(session_id), { status: 'closed' })
  await until(() => store.told.session.at(-1)?.status === 'closed', 5000, 'the store is told')
  const again = await store.client.send({ content: 'One more thing' })
  t.not(again.session_id, session_id, 'a new session')
  t.match(await store.client.closeSession(), { id: again.session_id, status: 'closed' })
  t.same([...store.told.error, ...admin.told.error], [])
})

t.test('a session is released and handed over', async (t) => {
  const [storeAccount, one, other] = await Promise.all([
    addStore(node.database),
    addAdmin(node.database),
    addAdmin(node.database),
  ])
  const store = watchStore(t, node, storeAccount)
  const [admin, colleague] = [watchAdmin(t, node, one), watchAdmin(t, node, other)]
  await Promise.all([store, admin, colleague].map((client) => client.reaches('online')))
  const { session_id } = await store.client.send({ content: 'Hello' })
  await admin.client.claim(session_id)
  const refusal = await colleague.client.claim(session_id).catch((error: unknown) => error)
  t.match(refusal, { status: 409, code: 'conflict' })
  t.ok(refusal instanceof ChatError)
  t.match(await admin.client.transfer(session_id, other.id), { admin_id: other.id })
  t.match(await colleague.client.send({ session_id, content: 'Now me' }), { sender_id: other.id })
  t.match(await colleague.client.release(session_id), { status: 'open' })
  await until(() => store.told.session.at(-1)?.status === 'open', 5000)
  t.match(await admin.client.session(session_id), { id: session_id, messages: [{}, { content: 'Now me' }] })
})

t.test('notifications are listed, counted and marked', async (t) => {
  const [storeAccount, account] = await Promise.all([addStore(node.database), addAdmin(node.database)])
  const [store, admin] = [watchStore(t, node, storeAccount), watchAdmin(t, node, account)]
  await Promise.all([store.reaches('online'), admin.reaches('online')])
  await store.client.send({ content: 'one' })
  const { id } = await store.client.send({ content: 'two' })
  const [newest, before] = await admin.client.notifications({ limit: 2 })
  t.match([newest, before], [{ message_id: id, content: 'two', is_read: false }, { content: 'one' }])
  const unread = await admin.client.countNotifications()
  await admin.client.readNotification(newest?.id ?? 0)
  t.equal(await admin.client.countNotifications(), unread - 1)
  await admin.client.readAllNotifications()
  t.equal(await admin.client.countNotifications(), 0)
})

t.test('two tabs of a store see the same, each once', async (t) => {
  const account = await addStore(node.database)
  const [one, other] = [watchStore(t, node, account), watchStore(t, node, account)]
  await Promise.all([one.reaches('online'), other.reaches('online')])
  const sends = [0, 1, 2, 3, 4].flatMap((place) => [
    one.client.send({ content: `one ${place}` }),
    other.client.send({ content: `other ${place}` }),
  ])
  const messages = await Promise.all(sends)
  t.equal(new Set(messages.map(({ session_id }) => session_id)).size, 1)
  await until(() => one.contents().length >= 10 && other.contents().length >= 10, 5000)
  t.same(one.contents(), other.contents(), 'in the same order')
  const stored = await one.client.history()
  t.same(
    one.contents(),
    stored.data.map(({ content }) => content),
  )
})
