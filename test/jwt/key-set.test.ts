import { exportJWK } from 'jose'
import t from 'tap'
import { createJwtCounts } from '../../src/jwt/jwt-counts.js'
import { openKeySet } from '../../src/jwt/key-set.js'
import { createDatabase } from '../support/databases/database.js'
import { createKey, sign, startKeyServer, type SigningKey } from '../support/platform/jwt.js'
import { startNode } from '../support/nodes/node.js'
import { until } from '../../harness/until.js'

const path = '/v1/chat/store/session/'
const [first, second] = [createKey('ES256', 'first'), createKey('ES256', 'second')]
const input = { payload: '', signature: '' }

/** A key set with a URL and a clock of the test. */
async function openFakeSet() {
  const { keySet: counts } = createJwtCounts()
  const state = { keys: [first], isAway: false, requests: 0, now: 0, errors: [] as unknown[], counts }
  const answer = async () => {
    state.requests++
    if (state.isAway) throw new Error('away')
    const keys = await Promise.all(
      state.keys.map(async ({ publicKey, kid, alg }) => ({ ...(await exportJWK(publicKey)), kid, alg })),
    )
    return new Response(JSON.stringify({ keys }))
  }
  const set = await openKeySet({
    url: 'https://market.example/jwks.json',
    counts: state.counts,
    onError: (error) => state.errors.push(error),
    fetch: answer,
    now: () => state.now,
  })
  t.teardown(set.close)
  const find = ({ alg, kid }: SigningKey) => set.find({ alg, kid }, input)
  return { state, find, set }
}

t.test('an unknown key has the set read again, at most once a minute', async (t) => {
  const { state, find } = await openFakeSet()
  t.ok(await find(first))
  t.equal(state.requests, 1)
  for (let count = 0; count < 20; count++) await t.rejects(find(createKey('ES256', `unknown ${count}`)))
  t.equal(state.requests, 1, 'it has just been read')
  state.now += 60_001
  await Promise.all(Array.from({ length: 20 }, () => t.rejects(find(second))))
  t.equal(state.requests, 2, 'those who ask together share it')
  state.keys = [first, second]
  await t.rejects(find(second))
  state.now += 60_001
  t.ok(await find(second), 'a key that is new')
  t.equal(state.requests, 3)
})

t.test('the version of the set changes with its keys, and only then', async (t) => {
  const { state, find, set } = await openFakeSet()
  const readAgain = async () => {
    state.now += 60_001
    await t.rejects(find(createKey('ES256', 'unknown')))
    return set.version
  }
  t.equal(await readAgain(), 1)
  t.equal(await readAgain(), 1, 'the same keys')
  state.keys = [first, second]
  t.equal(await readAgain(), 2, 'one more')
  state.isAway = true
  t.equal(await readAgain(), 2, 'not read')
  state.isAway = false
  state.keys = [second]
  t.equal(await readAgain(), 3, 'one less')
  await t.rejects(find(first))
})

t.test('while the address is away, known keys work and it is not asked more often', async (t) => {
  const { state, find } = await openFakeSet()
  t.ok(await find(first))
  state.isAway = true
  state.now += 60_001
  for (let count = 0; count < 5; count++) {
    await t.rejects(find(second))
    t.ok(await find(first))
  }
  t.equal(state.requests, 2)
  t.match(state.errors, [{ message: 'away' }])
})

t.test('before the set could be read once, nobody is told that its JWT is bad', async (t) => {
  const server = await startKeyServer(t, [first])
  server.fault = { status: 500, body: 'oops' }
  const node = await startNode(t, {
    database: await createDatabase(t),
    config: { jwt: { algorithms: ['ES256'], jwksUrl: server.url }, logLevel: 'silent' },
  })
  const token = await sign({ sub: 'store:1' }, first)
  const { status, headers } = await node.get(path, { token })
  t.equal(status, 503)
  t.ok(headers['retry-after'])
  server.fault = undefined
  await until(async () => (await node.get(path, { token })).status === 200, 10_000)
})

t.test('an answer that is no key set changes nothing', async (t) => {
  for (const body of ['', 'null', '[]', '{}', '{"keys":[]}', '{"keys":5}', '<html>', 'x'.repeat(2_000_000)]) {
    const errors: unknown[] = []
    const { keySet: counts } = createJwtCounts()
    const set = await openKeySet({
      url: 'https://market.example/jwks.json',
      counts,
      onError: (error) => errors.push(error),
      fetch: async () => new Response(body),
    })
    await t.rejects(set.find({ alg: 'ES256', kid: 'first' }, input), /keys of the platform/, body.slice(0, 20))
    t.equal(errors.length, 1)
    t.strictSame(counts, { read: 0, failed: 1 })
    set.close()
  }
})

t.test(
  'the outage of the address keeps nobody out whose key is known, over HTTP and beyond its cached account',
  async (t) => {
    const server = await startKeyServer(t, [first])
    const node = await startNode(t, {
      config: { jwt: { algorithms: ['ES256'], jwksUrl: server.url }, logLevel: 'silent' },
    })
    t.equal((await node.get(path, { token: await sign({ sub: 'store:1' }, first) })).status, 200)
    await server.stop()
    t.equal((await node.get(path, { token: await sign({ sub: 'store:2' }, first) })).status, 200, 'another JWT')
    t.equal((await node.get(path, { token: await sign({ sub: 'store:2' }, second) })).status, 401, 'an unknown key')
    t.equal(server.requests, 1)
  },
)
