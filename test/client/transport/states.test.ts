import { inspect } from 'node:util'
import t from 'tap'
import { WebSocket } from 'ws'
import { connectStore, type ChatError } from '../../../src/client/index.js'
import { addAdmin, addStore, addToken } from '../../support/chat/accounts.js'
import { startNode, startNodes } from '../../support/nodes/node.js'
import { until } from '../../../harness/until.js'
import { watchAdmin, watchStore } from '../support/connect.js'
import { startProxy } from '../support/proxy.js'

const nodes = await startNodes(t, 1, { config: { platformToken: 'a platform token of this test' } })
const [node] = nodes
if (node === undefined) throw new Error('A node was asked for')
const { database } = node

t.test('a client whose token is revoked is told so, rejects what waits, and never comes back', async (t) => {
  const account = await addStore(database)
  const way = await startProxy(t, node)
  const store = watchStore(t, way, account, { timing: { acknowledgeMs: 60_000 } })
  await store.reaches('online')
  const witness = watchStore(t, node, account)
  await witness.reaches('online')
  way.hush('answers')
  const send = store.client.send({ content: 'too late' }).catch((error: unknown) => error)
  // Both sockets get it at once, after the frames of the new session.
  await until(() => witness.told.message.length > 0, 5000, 'the message')
  await until(() => way.swallowedCount() > 0, 5000, 'its acknowledgement is lost')
  await database.query('update access_token set revoked_at = clock_timestamp() where id = $1', [account.tokenId])
  way.heal()
  await store.reaches('revoked', 15_000)
  t.match(await send, { name: 'ChatError', status: 401, code: 'unauthorized' })
  await t.rejects(store.client.send({ content: 'no' }), { message: /not valid/, code: 'unauthorized' })
  const before = way.connectionCount()
  store.client.reconnect()
  await new Promise((resolve) => setTimeout(resolve, 500))
  t.equal(way.connectionCount(), before, 'not one connection more')
  t.equal(store.client.state, 'revoked')
})

t.test('a token that is unknown, expired, revoked, or of the other side is no reason to try again', async (t) => {
  const store = await addStore(database)
  const admin = await addAdmin(database)
  const past = new Date(Date.now() - 1000)
  const tokens = {
    unknown: 'test_unknown',
    expired: (await addToken(database, { storeId: store.id, expiresAt: past })).token,
    revoked: (await addToken(database, { storeId: store.id, revokedAt: past })).token,
    'of an admin': admin.token,
  }
  for (const [name, token] of Object.entries(tokens)) {
    const { told, reaches } = watchStore(t, node, { token })
    await reaches('revoked')
    t.same(told.state, ['revoked'], name)
  }
})

t.test('a token that is refused over HTTP ends the connection too', async (t) => {
  const account = await addStore(database)
  const store = watchStore(t, node, account, {
    fetch: async () => new Response('{"success":false,"message":"Unauthorized"}', { status: 401 }),
  })
  await store.reaches('online')
  await t.rejects(store.client.session(), { message: 'Unauthorized', code: 'unauthorized' })
  t.equal(store.client.state, 'revoked')
})

t.test('a token is in no error and no event', async (t) => {
  const account = await addStore(database)
  const way = await startProxy(t, node)
  way.lead(undefined)
  const store = watchStore(t, way, account)
  await store.reaches('offline')
  const errors = await Promise.all([
    store.client.session().catch((error: unknown) => error),
    store.client.history({ limit: 0 }).catch((error: unknown) => error),
  ])
  t.match(errors, [
    { status: 0, code: 'offline' },
    { status: 0, code: 'offline' },
  ])
  class Refusing extends WebSocket {
    constructor(url: string) {
      super('ws://127.0.0.1:1')
      this.on('error', () => undefined)
      throw new SyntaxError(`${url} is no good`)
    }
  }
  let thrown: unknown
  try {
    watchStore(t, way, account, { WebSocket: Refusing })
  } catch (error) {
    thrown = error
  }
  t.match(thrown, { message: 'The WebSocket could not be made' })
  const text = inspect([errors, thrown, store.told], { depth: 10, showHidden: true })
  t.notMatch(text, account.token)
})

t.test('a refusal says which fields are wrong', async (t) => {
  const store = watchStore(t, node, await addStore(database))
  const error = (await store.client.history({ limit: 0 }).catch((error: unknown) => error)) as ChatError
  t.match(error, { status: 400, code: 'invalid_input', fields: [{ field: 'limit' }] })
})

t.test('a node that goes away says so, and the conversation goes on over another', async (t) => {
  const [leaving, staying] = await startNodes(t, 2)
  if (leaving === undefined || staying === undefined) throw new Error('Nodes were asked for')
  const way = await startProxy(t, leaving)
  const store = watchStore(t, way, await addStore(leaving.database))
  await store.client.send({ content: 'before' })
  way.lead(staying)
  const closing = leaving.app.close()
  await store.reaches('draining')
  const send = store.client.send({ content: 'during' })
  await store.reaches('online')
  await send
  await closing
  t.same(store.contents(), ['before', 'during'])
  t.same(store.told.state, ['online', 'draining', 'online'], 'never offline')
})

t.test('a connection that has fallen silent is noticed and replaced', async (t) => {
  const way = await startProxy(t, node)
  const store = watchStore(t, way, await addStore(database), { timing: { pingMs: 200, pongMs: 200, readyMs: 500 } })
  await store.reaches('online')
  way.hush('both')
  await store.reaches('offline')
  const send = store.client.send({ content: 'still here' })
  way.heal()
  t.match(await send, { content: 'still here' })
})

t.test('a quiet connection is left alone', async (t) => {
  const way = await startProxy(t, node)
  const store = watchStore(t, way, await addStore(database), { timing: { pingMs: 30, pongMs: 2000 } })
  await store.reaches('online')
  const before = way.connectionCount()
  await new Promise((resolve) => setTimeout(resolve, 400))
  t.equal(way.connectionCount(), before)
  t.same(store.told.state, ['online'])
})

t.test('who types and who is there does not outlive the connection', async (t) => {
  const way = await startProxy(t, node)
  const account = await addStore(database)
  const [store, admin] = [watchStore(t, way, account), watchAdmin(t, node, await addAdmin(database))]
  await admin.reaches('online')
  const { session_id } = await store.client.send({ content: 'Hello' })
  await admin.client.claim(session_id)
  admin.client.typing(true, { session_id })
  await until(() => store.told.typing.at(-1)?.is_typing && store.told.presence.at(-1)?.online, 5000, 'both are told')
  way.cut()
  await until(() => store.told.typing.at(-1)?.is_typing === false, 5000)
  await until(() => store.told.presence.some(({ online }) => !online), 5000)
  await until(() => store.told.presence.at(-1)?.online, 5000, 'there again')
})

t.test('a closed client rejects what waits and connects no more', async (t) => {
  const node = await startNode(t)
  const way = await startProxy(t, node)
  way.lead(undefined)
  const store = watchStore(t, way, await addStore(node.database))
  const send = store.client.send({ content: 'never' })
  store.client.close()
  await t.rejects(send, { code: 'closed' })
  await t.rejects(store.client.send({ content: 'never' }), { code: 'closed' })
  t.same(store.told.state, ['closed'])
})

t.test('a listener that was taken away hears nothing', async (t) => {
  const store = watchStore(t, node, await addStore(database))
  const heard: string[] = []
  const off = store.client.on('message', ({ content }) => heard.push(content))
  await store.client.send({ content: 'one' })
  off()
  await store.client.send({ content: 'two' })
  t.same(heard, ['one'])
})

t.test('the global WebSocket is taken where there is one', async (t) => {
  const options = { origin: node.origin, token: (await addStore(database)).token }
  const had = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket')
  t.teardown(() => {
    Reflect.deleteProperty(globalThis, 'WebSocket')
    if (had) Object.defineProperty(globalThis, 'WebSocket', had)
  })
  Object.defineProperty(globalThis, 'WebSocket', { value: undefined, configurable: true, writable: true })
  t.throws(() => connectStore(options), { message: /no global WebSocket/ })
  Object.defineProperty(globalThis, 'WebSocket', { value: WebSocket, configurable: true, writable: true })
  const client = connectStore(options)
  t.teardown(() => client.close())
  t.match(await client.send({ content: 'from a browser' }), { content: 'from a browser' })
})
