import t from 'tap'
import { startNode } from '../support/nodes/node.js'
import { startOwnPostgres } from '../support/databases/own-postgres.js'
import { startOwnRedis } from '../../harness/redis-server.js'
import { createNetwork } from '../support/nodes/network.js'
import { until } from '../../harness/until.js'

t.test('a node that works is live and ready, without a token', async (t) => {
  const node = await startNode(t)
  for (const path of ['/health/live/', '/health/live'])
    t.match(await node.get(path), { status: 200, body: { status: 'ok' } })
  t.match(await node.get('/health/ready/'), { status: 200, body: { status: 'ok', relay: true } })
})

t.test('without its database it is live, and not ready until the database is back', async (t) => {
  const database = await startOwnPostgres(t)
  const node = await startNode(t, { database, config: { databaseAcquireTimeoutMs: 500 } })
  t.equal((await node.get('/health/ready/')).status, 200)
  await database.stop()
  t.equal((await node.get('/health/live/')).status, 200)
  const { status, headers } = await node.get('/health/ready/')
  t.equal(status, 503)
  t.ok(headers['retry-after'])
  await database.start()
  await until(async () => (await node.get('/health/ready/')).status === 200, 5000)
})

t.test('while it drains it is live, not ready, and takes no requests', async (t) => {
  const node = await startNode(t)
  node.app.drain()
  t.equal((await node.get('/health/live/')).status, 200)
  for (const path of ['/health/ready/', '/v1/chat/store/session/', '/nowhere/']) {
    const { status, headers } = await node.get(path)
    t.equal(status, 503, path)
    t.ok(headers['retry-after'], path)
    t.equal(headers.connection, 'close', path)
  }
})

t.test('a Redis that is away does not make it unready', async (t) => {
  const redis = await startOwnRedis(t)
  const node = await startNode(t, { network: createNetwork(t, 'redis', redis.url), config: { logLevel: 'fatal' } })
  await until(async () => (await node.get('/health/ready/')).body.relay === true, 5000)
  await redis.stop()
  await until(async () => (await node.get('/health/ready/')).body.relay === false, 5000)
  t.equal((await node.get('/health/ready/')).status, 200)
  await redis.start()
  await until(async () => (await node.get('/health/ready/')).body.relay === true, 5000)
})
