import { inspect } from 'node:util'
import t, { type Test } from 'tap'
import type { ConnectOptions } from '../../src/client/index.js'
import { addStore, addToken } from '../support/accounts.js'
import { startNode } from '../support/node.js'
import { until } from '../support/until.js'
import { watchStore } from './connect.js'
import { startProxy } from './proxy.js'

const node = await startNode(t)
const { database } = node

/** A store whose application issues tokens, and counts how often it was asked. */
async function startStore(t: Test, options: Partial<ConnectOptions> = {}) {
  const { id, token, tokenId } = await addStore(database)
  const issued = [{ token, tokenId }]
  let calls = 0
  const way = await startProxy(t, node)
  const store = watchStore(
    t,
    way,
    { token: '' },
    {
      token: async () => {
        calls++
        return issued[issued.length - 1]?.token ?? null
      },
      ...options,
    },
  )
  return {
    ...store,
    way,
    calls: () => calls,
    async issue(fields: { revokedAt?: Date } = {}) {
      issued.push(await addToken(database, { storeId: id, ...fields }))
    },
    revoke: () => database.query('update access_token set revoked_at = clock_timestamp() where store_id = $1', [id]),
  }
}

const past = new Date(Date.now() - 1000)

t.test(
  'when a token ends its sockets, a new one is asked for and what was sent meanwhile is stored once',
  async (t) => {
    const store = await startStore(t)
    await store.client.send({ content: 'with the first token' })
    store.way.hush('both')
    const send = store.client.send({ content: 'meanwhile' })
    await store.revoke()
    await store.issue()
    store.way.heal()
    store.way.cut()
    await send
    await store.client.send({ content: 'with the second token' })
    t.same(store.contents(), ['with the first token', 'meanwhile', 'with the second token'])
    t.equal(store.calls(), 2)
    t.same([store.told.state, store.told.error], [['online', 'offline', 'online'], []])
  },
)

t.test('a socket that ends with 4001 comes back with another token', async (t) => {
  const store = await startStore(t)
  await store.reaches('online')
  await store.revoke()
  await store.issue()
  await store.reaches('offline', 15_000)
  await store.reaches('online')
  t.match(await store.client.send({ content: 'still here' }), { content: 'still here' })
  t.equal(store.calls(), 2)
  t.same(store.told.error, [])
})

t.test('requests that are refused at the same time share one renewal', async (t) => {
  const answers = { old: 0, new: 0 }
  let calls = 0
  const store = await startStore(t, {
    token: async () => (calls++ === 0 ? 'old' : 'new'),
    fetch: async (_, init) => {
      const name = new Headers(init?.headers).get('authorization') === 'Token new' ? 'new' : 'old'
      answers[name]++
      return name === 'new' ? Response.json({ data: [], has_more: false }) : Response.json({}, { status: 401 })
    },
  })
  const pages = await Promise.all(Array.from({ length: 5 }, () => store.client.history()))
  t.same(pages, Array(5).fill({ data: [], has_more: false }))
  t.ok(answers.old <= 6, 'five requests, and perhaps the one that asks why the upgrade was refused')
  t.equal(calls, 2)
})

t.test('renewed tokens that are refused, too, end the connection after a few tries', async (t) => {
  const store = await startStore(t)
  await store.client.send({ content: 'accepted' })
  await store.issue({ revokedAt: past })
  await store.revoke()
  const send = store.client.send({ content: 'never' }).catch((error: unknown) => error)
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
  await store.reaches('online')
  t.match(await send, { content: 'patient' })
  t.ok(store.told.error.length > 0)
  for (const error of store.told.error) t.match(error, { code: 'no_token', status: 0 })
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
