import t from 'tap'
import { addAdmin, addStore } from '../../support/chat/accounts.js'
import { startNode } from '../../support/nodes/node.js'
import { until, within } from '../../../harness/until.js'
import { createChatClient } from '../../support/chat/chat-client.js'
import { claimConversation } from '../../support/chat/conversations.js'
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

t.test('whatever makes a message invalid, it is refused, and the next one is stored', async (t) => {
  const store = watchStore(t, node, await addStore(database))
  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  const invalid: Record<string, object> = {
    'an id that is too long': { client_message_id: 'x'.repeat(65) },
    'an id of too many characters of two units': { client_message_id: '\u{1F600}'.repeat(65) },
    'an empty id': { client_message_id: '' },
    'a number as the id': { client_message_id: 1234567890 },
    'an id with NUL': { client_message_id: 'a\0' },
    'an id with a lone surrogate': { client_message_id: '\ud800a' },
    'an id that is too long, with a file': { client_message_id: 'x'.repeat(65), file: new File(['x'], 'a.txt') },
    'a content that is too long': { content: 'x'.repeat(10_001) },
    'a content with NUL': { content: '\0' },
    'a content with a lone surrogate': { content: '\ud800' },
    'a number as the content': { content: 5 },
    'a BigInt': { content: 5n },
    'a circular structure': { content: circular },
    'an address that is not http': { attachment_url: 'ftp://example.com/a.txt' },
    'a type that is too long': { attachment_type: 'x'.repeat(101) },
    'an id that is just short enough, with a wrong content': {
      client_message_id: '\u{1F600}'.repeat(64),
      content: '\0',
    },
  }
  for (const [name, fields] of Object.entries(invalid)) {
    const refused = store.client.send({ content: 'x', ...fields })
    const next = store.client.send({ content: `after ${name}` })
    const error: unknown = await within(5000, refused, name).catch((error: unknown) => error)
    t.match(error, { name: 'ChatError', status: 400, code: 'invalid_input' }, name)
    t.match(await within(5000, next, `after ${name}`), { content: `after ${name}` })
  }
  t.same(
    store.contents(),
    Object.keys(invalid).map((name) => `after ${name}`),
  )
  t.same([store.told.state, store.told.error], [['online'], []])
})

t.test('ids that the service takes are taken', async (t) => {
  const store = watchStore(t, node, await addStore(database))
  for (const client_message_id of ['x'.repeat(64), '\u{1F600}'.repeat(64), ' ']) {
    t.match(await store.client.send({ content: 'x', client_message_id }), { client_message_id })
  }
})

t.test('a session that a store names does not keep its message from being acknowledged', async (t) => {
  const store = watchStore(t, node, await addStore(database))
  const input = { content: 'mine', session_id: Number.MAX_SAFE_INTEGER }
  t.match(await within(5000, store.client.send(input), 'it is stored'), { content: 'mine' })
})

t.test('an admin is told of every session that is none, and the next message is stored', async (t) => {
  const { admin: account, sessionId } = await claimConversation(createChatClient(node))
  const admin = watchAdmin(t, node, account)
  for (const session_id of [Number.MAX_SAFE_INTEGER, 0, -1, 1.5, NaN, '7', null, {}] as number[]) {
    const refused = admin.client.send({ session_id, content: 'x' })
    const error: unknown = await within(5000, refused, `${session_id}`).catch((error: unknown) => error)
    t.match(error, { name: 'ChatError', code: /^(invalid_input|not_found)$/ }, `${session_id}`)
  }
  t.match(await admin.client.send({ session_id: sessionId, content: 'after' }), { content: 'after' })
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
