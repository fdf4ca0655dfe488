import t, { type Test } from 'tap'
import { addStore } from '../support/chat/accounts.js'
import { createDatabase } from '../support/databases/database.js'
import { createNetwork, type NetworkKind } from '../support/nodes/network.js'
import { startNodes } from '../support/nodes/node.js'
import { startOwnRedis } from '../../harness/redis-server.js'
import { patience, until } from '../../harness/until.js'

const config = { platformToken: 'platform-token-for-tests' }
const path = '/v1/chat/store/session/'

for (const kind of ['local', 'redis'] satisfies NetworkKind[]) {
  t.test(`a token revoked on one node ends on the other at once (${kind} pubsub)`, async (t) => {
    const [here, there] = await startTwo(t, kind)
    const store = await addStore(here.database)
    t.equal((await there.get(path, store)).status, 200, 'trusted there by now')
    const { status, body } = await here.delete(`/v1/chat/platform/tokens/${store.tokenId}/`, {
      token: config.platformToken,
    })
    t.equal(status, 200)
    t.match(body, { id: store.tokenId, store_id: store.id, revoked_at: String })
    const revokedAt = Date.now()
    await until(async () => (await there.get(path, store)).status === 401, 5000)
    // Well below the maximum age of the revocation list, so pub/sub has carried it.
    t.ok(Date.now() - revokedAt < 600, `after ${Date.now() - revokedAt} ms`)
    t.equal((await here.get(path, store)).status, 401)
  })
}

t.test('a token that is revoked that no pub/sub carried ends everywhere within a second', async (t) => {
  const nodes = await startTwo(t, 'local')
  const store = await addStore(nodes[0].database)
  // The second time the token is cached, and the revocation list is read.
  for (const node of [...nodes, ...nodes]) t.equal((await node.get(path, store)).status, 200)
  await nodes[0].database.query('update access_token set revoked_at = now() where id = $1', [store.tokenId])
  const revokedAt = Date.now()
  for (const node of nodes) await until(async () => (await node.get(path, store)).status === 401, 5000)
  t.ok(Date.now() - revokedAt < 1000 * patience, `after ${Date.now() - revokedAt} ms`)
})

t.test('a token revoked while Redis is away ends everywhere within a second', async (t) => {
  const redis = await startOwnRedis(t)
  const database = await createDatabase(t)
  const network = createNetwork(t, 'redis', redis.url)
  const [here, there] = await startNodes(t, 2, { database, network, config: { ...config, logLevel: 'fatal' } })
  const store = await addStore(database)
  await redis.stop()
  t.equal((await there?.get(path, store))?.status, 200)
  const revoked = await here?.delete(`/v1/chat/platform/tokens/${store.tokenId}/`, { token: config.platformToken })
  t.equal(revoked?.status, 200)
  const revokedAt = Date.now()
  await until(async () => (await there?.get(path, store))?.status === 401, 5000)
  t.ok(Date.now() - revokedAt < 1000 * patience, `after ${Date.now() - revokedAt} ms`)
})

async function startTwo(t: Test, kind: NetworkKind) {
  const [here, there] = await startNodes(t, 2, { network: kind, config })
  if (here === undefined || there === undefined) throw new Error('Two nodes were asked for')
  return [here, there] as const
}
