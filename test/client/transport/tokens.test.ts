import { setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import type { ConnectOptions } from '../../../src/client/index.js'
import { readOptions } from '../../../src/client/transport/options.js'
import { createTokens } from '../../../src/client/transport/tokens.js'
import { addStore, addToken } from '../../support/chat/accounts.js'
import { startNode } from '../../support/nodes/node.js'
import { until, within } from '../../../harness/until.js'
import { watchStore } from '../support/connect.js'
import { startProxy } from '../support/proxy.js'

const node = await startNode(t)
const { database } = node

/** A store whose application issues tokens and counts the requests for them. */
async function startStore(t: Test, options: Partial<ConnectOptions> = {}) {
  const { id, token: first, tokenId } = await addStore(database)
  let [newest, calls] = [first, 0]
  const askForToken = async () => {
    calls++
    return newest
  }
  const way = await startProxy(t, node)
  const store = watchStore(t, way, { token: first }, { token: askForToken, ...options })
  return {
    ...store,
    way,
    calls: () => calls,
    async issue(fields: { revokedAt?: Date } = {}) {
      newest = (await addToken(database, { storeId: id, ...fields })).token
    },
    revoke: () => database.query('update access_token set revoked_at = clock_timestamp() where id = $1', [tokenId]),
    /** The service caches a valid token for a moment. */
    async isRefused() {
      const headers = { authorization: `Token ${first}` }
      const ask = async () => (await fetch(`${node.origin}/v1/chat/store/messages/`, { headers })).status === 401
      await until(ask, 10_000, 'the first token is refused')
    },
  }
}

t.test('a socket whose token is revoked comes back with another', async (t) => {
  const store = await startStore(t)
  await store.client.send({ content: 'with the first token' })
  await store.issue()
  await store.revoke()
  await store.reaches('offline', 15_000)
  await store.client.send({ content: 'with the second token' })
  t.same(store.contents(), ['with the first token', 'with the second token'])
  t.equal(store.calls(), 2)
  t.same([store.told.state, store.told.error], [['online', 'offline', 'online'], []])
})

t.test('a token that is revoked while away is renewed, and what waits is stored once', async (t) => {
  const store = await startStore(t)
  await store.client.send({ content: 'before' })
  store.way.hush('both')
  const sends = ['one', 'two'].map((content) => store.client.send({ content }))
  await store.issue()
  await store.revoke()
  await store.isRefused()
  store.way.heal()
  store.way.cut()
  await Promise.all(sends)
  t.same(store.contents(), ['before', 'one', 'two'])
  t.equal(store.calls(), 2)
  t.same([store.told.state, store.told.error], [['online', 'offline', 'online'], []])
})

t.test('requests that are refused at the same time share one renewal', async (t) => {
  const asked: (string | null)[] = []
  let calls = 0
  const store = await startStore(t, {
    token: async () => (calls++ === 0 ? 'old' : 'new'),
    fetch: async (_, init) => {
      const token = new Headers(init?.headers).get('authorization')
      asked.push(token)
      return token === 'Token new'
        ? Response.json({ data: [], has_more: false })
        : Response.json({ success: false, message: 'Unauthorized' }, { status: 401 })
    },
  })
  const pages = await Promise.all(Array.from({ length: 5 }, () => store.client.history()))
  t.same(pages, Array(5).fill({ data: [], has_more: false }))
  t.equal(
    asked.slice(0, 5).every((token) => token === 'Token old'),
    true,
  )
  t.equal(calls, 2)
})

t.test('renewed tokens that are refused, too, end the connection after a few tries', async (t) => {
  const store = await startStore(t)
  await store.client.send({ content: 'accepted' })
  store.way.hush('both')
  const send = store.client.send({ content: 'never' }).catch((error: unknown) => error)
  await store.issue({ revokedAt: new Date() })
  await store.revoke()
  await store.isRefused()
  store.way.heal()
  store.way.cut()
  await store.reaches('revoked', 15_000)
  const refused = { name: 'ChatError', status: 401, code: 'unauthorized', message: /renewed token/ }
  t.match(await send, refused)
  t.match(store.told.error, [refused])
  t.ok(store.calls() <= 4, `asked ${store.calls()} times`)
  const before = [store.calls(), store.way.connectionCount()]
  store.client.reconnect()
  await t.rejects(store.client.history(), refused)
  t.same([store.calls(), store.way.connectionCount()], before, 'nothing is tried any more')
})

t.test('a token function that fails is asked again, and what waits is sent then', async (t) => {
  let calls = 0
  const account = await addStore(database)
  const store = watchStore(t, node, account, {
    token: () => {
      if (calls++ < 3) throw new Error('secret detail')
      return account.token
    },
  })
  const send = store.client.send({ content: 'patient' })
  t.match(await send, { content: 'patient' })
  t.match(store.told.error, Array(3).fill({ code: 'no_token', status: 0 }))
  t.notMatch(inspect(store.told.error, { depth: 10, showHidden: true }), 'secret detail')
})

t.test('an application that has no token any more ends the connection', async (t) => {
  const store = await startStore(t, { token: () => null })
  const send = store.client.send({ content: 'never' }).catch((error: unknown) => error)
  await store.reaches('revoked')
  t.match(await send, { code: 'unauthorized', message: /no token any more/ })
  t.equal(store.way.connectionCount(), 0)
})

t.test('a token function that never answers holds up neither requests nor the end', async (t) => {
  const store = await startStore(t, { token: () => new Promise<string>(() => undefined), timing: { requestMs: 50 } })
  await t.rejects(store.client.history(), { code: 'no_token' })
  await until(() => store.told.error.length > 1, 5000, 'it is asked again')
  store.client.close()
  t.equal(store.client.state, 'closed')
})

t.test('a request of a client that is closed does not wait out the pause before a renewed token', async (t) => {
  let calls = 0
  const asked = new Set<string | null>()
  const store = await startStore(t, {
    token: async () => `token${++calls}`,
    random: () => 0,
    timing: { retryMs: 60_000 },
    fetch: async (_, init) => {
      const token = new Headers(init?.headers).get('authorization')
      asked.add(token)
      return token === 'Token token3'
        ? Response.json({ data: [], has_more: false })
        : Response.json({ success: false, message: 'Unauthorized' }, { status: 401 })
    },
  })
  const history = store.client.history()
  await until(() => asked.has('Token token2'), 5000, 'the second token is refused')
  await delay(100)
  t.equal(calls, 2)
  store.client.close()
  t.same(await within(5000, history, 'an answer'), { data: [], has_more: false })
  t.equal(calls, 3)
})

t.test('a token function that never answers is given up with the client, unless a request waits for it', async (t) => {
  const settings = readOptions({
    origin: 'http://127.0.0.1',
    WebSocket,
    token: () => new Promise(() => undefined),
    timing: { requestMs: 60_000 },
  })
  const tokens = createTokens(settings, () => undefined)
  const socket = tokens.get('socket').catch((error: unknown) => error)
  settings.pauses.end()
  t.match(await within(5000, socket), { code: 'no_token' })

  let answer: (token: string) => void = () => undefined
  const slow = readOptions({
    origin: 'http://127.0.0.1',
    WebSocket,
    token: () => new Promise((resolve) => (answer = resolve)),
  })
  const both = createTokens(slow, () => undefined)
  const waiting = [both.get('socket'), both.get('request')]
  slow.pauses.end()
  await new Promise((resolve) => setImmediate(resolve))
  answer('late')
  t.same(await Promise.all(waiting), ['late', 'late'])
})
