import t from 'tap'
import { addAdmin, addStore } from '../../support/chat/accounts.js'
import { startNode } from '../../support/nodes/node.js'
import { until } from '../../../harness/until.js'
import { list, watchAdmin, watchStore } from '../support/connect.js'
import { startProxy } from '../support/proxy.js'

const node = await startNode(t)
const { database } = node
const countMessages = async (storeId: number) =>
  (await database.query('select from chat_message where sender_id = $1', [storeId])).length

t.test('what is sent while away is stored in order when the connection is back', async (t) => {
  const account = await addStore(database)
  const way = await startProxy(t, node)
  way.lead(undefined)
  const store = watchStore(t, way, account)
  const contents = list(20, 'message')
  const sends = contents.map((content) => store.client.send({ content }))
  await store.reaches('offline')
  t.equal(await countMessages(account.id), 0)
  way.lead(node)
  const messages = await Promise.all(sends)
  t.same(
    messages.map(({ content }) => content),
    contents,
  )
  t.same(store.contents(), contents)
  t.same(
    (await store.client.history()).data.map(({ content }) => content),
    contents,
  )
})

t.test('a message whose acknowledgement was lost is stored and told once', async (t) => {
  const account = await addStore(database)
  const way = await startProxy(t, node)
  const store = watchStore(t, way, account)
  await store.reaches('online')
  way.hush('answers')
  const send = store.client.send({ content: 'once' })
  await until(async () => (await countMessages(account.id)) === 1, 5000, 'it is stored')
  way.heal()
  way.cut()
  t.match(await send, { content: 'once' })
  await store.client.send({ content: 'next' })
  t.same(store.contents(), ['once', 'next'])
  t.equal(await countMessages(account.id), 2)
})

t.test('a message that is not acknowledged is sent again, on the same connection', async (t) => {
  const account = await addStore(database)
  const way = await startProxy(t, node)
  const store = watchStore(t, way, account, { timing: { acknowledgeMs: 200 } })
  await store.reaches('online')
  const before = way.connectionCount()
  way.hush('both')
  const send = store.client.send({ content: 'swallowed' })
  way.heal()
  t.match(await send, { content: 'swallowed' })
  t.equal(way.connectionCount(), before)
  t.equal(await countMessages(account.id), 1)
})

t.test('a refused message is rejected, and those after it go on', async (t) => {
  const store = watchStore(t, node, await addStore(database))
  const [empty, blank, good] = await Promise.allSettled([
    store.client.send({ content: ' ' }),
    store.client.send({ content: 'x'.repeat(10_001) }),
    store.client.send({ content: 'good' }),
  ])
  for (const refused of [empty, blank]) {
    t.match(refused, { status: 'rejected', reason: { name: 'ChatError', status: 400, code: 'invalid_input' } })
  }
  t.match(good, { status: 'fulfilled', value: { content: 'good' } })
  t.same(store.told.state, ['online'])
})

t.test('a message larger than a frame may be is refused here, and the connection stays', async (t) => {
  const store = watchStore(t, node, await addStore(database))
  await store.reaches('online')
  await t.rejects(store.client.send({ content: 'x'.repeat(70_000) }), { status: 413, code: 'too_large' })
  t.match(await store.client.send({ content: 'after' }), { content: 'after' })
  t.same(store.told.state, ['online'])
})

t.test('an admin who does not hold the session is refused', async (t) => {
  const store = watchStore(t, node, await addStore(database))
  const admin = watchAdmin(t, node, await addAdmin(database))
  const { session_id } = await store.client.send({ content: 'Hello' })
  await t.rejects(admin.client.send({ session_id, content: 'No' }), { status: 403, code: 'forbidden' })
})

t.test('a client_message_id of the caller makes a message the same over and over', async (t) => {
  const account = await addStore(database)
  const store = watchStore(t, node, account)
  const input = { content: 'same', client_message_id: 'a-1' }
  const [one, other] = await Promise.all([store.client.send(input), store.client.send(input)])
  const later = await store.client.send(input)
  t.same([other.id, later.id], [one.id, one.id])
  await t.rejects(store.client.send({ ...input, content: 'different' }), {
    message: /used for another/,
    code: 'conflict',
  })
  t.same(store.contents(), ['same'])
})

t.test('more than the server takes per second is sent without harm', async (t) => {
  const admin = watchAdmin(t, node, await addAdmin(database))
  await admin.reaches('online')
  const sends = list(45, 'to nobody').map((content, index) =>
    admin.client.send({ session_id: 1_000_000 + index, content }).catch((error: unknown) => error),
  )
  for (const answer of await Promise.all(sends)) t.match(answer, { status: 404 })
  t.same(admin.told.state, ['online'])
})
