import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { addStore, type TestAccount } from '../support/chat/accounts.js'
import { createDatabase } from '../support/databases/database.js'
import { createNetwork } from '../support/nodes/network.js'
import { startNodes, type TestNode } from '../support/nodes/node.js'
import { startOwnRedis } from '../../harness/redis-server.js'
import { readServices } from '../../harness/services.js'
import { until } from '../../harness/until.js'

const BURST = 64
const limits = {
  requests: { perSecond: 0.01, burst: BURST },
  messages: { perSecond: 0.01, burst: BURST },
  failedAuthPerMinute: BURST,
}
const path = '/v1/chat/store/session/'
const database = await createDatabase(t)

async function startTwo(t: Test, redisUrl = readServices().redisUrl) {
  const network = createNetwork(t, 'redis', redisUrl)
  const [here, there] = await startNodes(t, 2, { database, network, config: { limits, logLevel: 'fatal' } })
  if (here === undefined || there === undefined) throw new Error('Two nodes were asked for')
  await until(() => here.app.pubsub.isUp() && there.app.pubsub.isUp(), 5000)
  return [here, there] as const
}

/** The number of sequential requests that pass before one is refused. */
async function countPassing(act: () => Promise<{ status: number }>): Promise<number> {
  for (let count = 0; count < 10 * BURST; count++) if ((await act()).status === 429) return count
  throw new Error('None was refused')
}

/** Uses up the limit of an account on a node. */
const useUp = (node: TestNode, account: TestAccount) => countPassing(() => node.get(path, account))

/** Sends requests until the node refuses, with pauses in which it gets reports of other nodes. Returns how many passed. */
async function countPassingSlowly(act: () => Promise<{ status: number }>): Promise<number> {
  let count = 0
  await until(async () => (await act()).status === 429 || ++count < 0, 30_000, 'one is refused')
  return count
}

/** Each test on them has accounts of its own. */
const [one, other] = await startTwo(t)

t.test('what an account has used on one node it has used on the other', async (t) => {
  const store = await addStore(database)
  t.equal(await useUp(one, store), BURST)
  const passed = await countPassingSlowly(() => other.get(path, store))
  // A sixteenth need not be reported, and the others passed before the first report was answered.
  t.ok(passed >= BURST / 16 && passed < BURST / 2, `${passed} passed on the other node`)
})

t.test('messages are shared, too', async (t) => {
  const store = await addStore(database)
  const send = (node: TestNode) =>
    node.post('/v1/chat/store/message/', { token: store.token, body: { content: 'hello' } })
  // One request for each token, so half of them belong to the other account.
  one.app.limits.takeMessages({ side: 'store', id: store.id, tokenId: 0, expiresAt: 0 }, BURST)
  const passed = await countPassingSlowly(() => send(other))
  t.ok(passed < BURST / 2, `${passed} passed on the other node`)
})

t.test('failed authentications of an address are shared, too', async (t) => {
  const [here, there] = await startTwo(t)
  const fail = (node: TestNode) => node.get(path, { token: 'sct_unknown' })
  t.ok((await countPassing(() => fail(here))) <= BURST + 10)
  const passed = await countPassingSlowly(() => fail(there))
  t.ok(passed < BURST / 2, `${passed} passed on the other node`)
})

t.test('when an account is used on both nodes at once, what was too much is owed', async (t) => {
  const store = await addStore(database)
  const account = { side: 'store' as const, id: store.id, tokenId: 0, expiresAt: 0 }
  for (const node of [one, other]) t.equal(node.app.limits.takeMessages(account, 2 * BURST).admitted, BURST)
  // The node that reports last learns of both.
  const waitsOf = (node: TestNode) => node.app.limits.takeMessages(account, 1).refusal?.retryAfterSeconds ?? 0
  await until(() => Math.max(waitsOf(one), waitsOf(other)) > BURST / 0.01 / 2, 10_000, 'one of them knows')
})

t.test('installations with another prefix do not share, and nothing is left in Redis without an end', async (t) => {
  const redis = await startOwnRedis(t)
  const [here] = await startTwo(t, redis.url)
  const [there] = await startTwo(t, redis.url)
  const store = await addStore(database)
  await useUp(here, store)
  const client = new Redis(redis.url)
  t.teardown(() => client.disconnect())
  const [key = ''] = await until(async () => {
    const keys = await client.keys('*')
    return keys.length > 0 && keys
  }, 5000)
  t.match(key, /^test-[0-9a-f]+:[\w-]+:limit:requests:store:\d+$/)
  t.ok((await client.pttl(key)) > 0)
  t.equal(await useUp(there, store), BURST)
})

t.test('a Redis that is frozen or away delays and refuses nothing, and each node limits by itself', async (t) => {
  const redis = await startOwnRedis(t)
  const [here, there] = await startTwo(t, redis.url)
  redis.freeze()
  const [first, second] = [await addStore(database), await addStore(database)]
  const slowest = { ms: 0 }
  const timed = async (node: TestNode) => {
    const startedAt = performance.now()
    const answer = await node.get(path, first)
    slowest.ms = Math.max(slowest.ms, performance.now() - startedAt)
    return answer
  }
  t.equal(await countPassing(() => timed(here)), BURST)
  t.equal(await countPassing(() => timed(there)), BURST)
  // A command to a frozen Redis takes a second to fail.
  t.ok(slowest.ms < 1000, `the slowest took ${slowest.ms} ms`)
  redis.thaw()
  await redis.stop()
  t.equal(await useUp(here, second), BURST)
  t.equal(await useUp(there, second), BURST)

  await redis.start()
  await until(() => here.app.pubsub.isUp() && there.app.pubsub.isUp(), 10_000)
  await until(
    async () => {
      const third = await addStore(database)
      await useUp(here, third)
      return (await countPassingSlowly(() => there.get(path, third))) < BURST / 2
    },
    30_000,
    'they share again',
  )
})

t.test('a Redis that refuses counts as away, and works as far as it is allowed to', async (t) => {
  const redis = await startOwnRedis(t)
  const admin = new Redis(redis.url)
  t.teardown(() => admin.disconnect())
  const rules = ['on', '>secret', 'resetkeys', '&test-*', '-@all', '+hello', '+info', '+eval', '+publish', '+subscribe']
  await admin.call('ACL', 'SETUSER', 'chat', ...rules, '+unsubscribe')
  const [here, there] = await startTwo(t, redis.url.replace('redis://', 'redis://chat:secret@'))
  const store = await addStore(database)
  t.equal(await useUp(here, store), BURST)
  t.equal(await useUp(there, store), BURST)

  await admin.call('ACL', 'SETUSER', 'chat', '~test-*', '+get', '+set', '+time')
  await until(
    async () => {
      const other = await addStore(database)
      await useUp(here, other)
      return (await countPassingSlowly(() => there.get(path, other))) < BURST / 2
    },
    30_000,
    'they share with the rights that docs/operating.md names',
  )
})
