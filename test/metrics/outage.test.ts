import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { startOwnRedis } from '../../harness/redis-server.js'
import { addStore } from '../support/chat/accounts.js'
import { freezePostgres } from '../support/databases/freeze-postgres.js'
import { createNetwork } from '../support/nodes/network.js'
import { startNode } from '../support/nodes/node.js'
import { startOwnPostgres } from '../support/databases/own-postgres.js'
import { metricsUrl, scrape, type Scrape } from '../support/metrics/scrape.js'
import { until } from '../../harness/until.js'

/** So soon the metrics tell of an outage and of its end. */
const NOTICED_MS = 5000
const SEND_PAUSE_MS = 10

t.test('under load, a frozen PostgreSQL and a stopped Redis show within 5 s, and so does their return', async (t) => {
  const database = await startOwnPostgres(t)
  const redis = await startOwnRedis(t)
  const node = await startNode(t, {
    database,
    network: createNetwork(t, 'redis', redis.url),
    config: { metrics: { host: '127.0.0.1', port: 0 }, logLevel: 'silent', databaseStatementTimeoutMs: 1000 },
  })
  const url = metricsUrl(node)
  const shows = (what: string, holds: (metrics: Scrape) => boolean) =>
    until(async () => holds(await scrape(url)), NOTICED_MS, what)
  const isUp = (name: string, value: number) => (metrics: Scrape) => metrics.value(`store_chat_${name}_up`) === value
  const load = startLoad(node, await addStore(database))
  t.teardown(load.stop)
  await until(() => load.count() > 20, 20_000, 'the node is under load')
  for (const name of ['database', 'pubsub']) await until(async () => isUp(name, 1)(await scrape(url)), 20_000, name)

  const thaw = await freezePostgres(t, database)
  await redis.stop()
  await shows('PostgreSQL is down', isUp('database', 0))
  await shows('Redis is down', isUp('pubsub', 0))
  const { value } = await scrape(url)
  t.equal(value('store_chat_sessions', { status: 'open' }), undefined, 'what PostgreSQL does not tell is absent')
  t.equal(value('store_chat_oldest_open_session_age_seconds'), undefined)
  t.ok(Number(value('store_chat_pubsub_published_total')) > 0, 'and the rest is there')

  thaw()
  await redis.start()
  await shows('PostgreSQL is up again', isUp('database', 1))
  await shows('Redis is up again', isUp('pubsub', 1))
  await shows(
    'and the sessions are counted',
    (metrics) => metrics.value('store_chat_sessions', { status: 'open' }) === 1,
  )
})

/** Sends messages of a store, four at a time, until it is stopped. What fails is sent no more. */
function startLoad(node: Awaited<ReturnType<typeof startNode>>, { token }: { token: string }) {
  let count = 0
  let isOver = false
  const send = async () => {
    while (!isOver) {
      await node
        .post('/v1/chat/store/message/', { token, body: { content: 'Where is my parcel?' } })
        .catch(() => undefined)
      count++
      await delay(SEND_PAUSE_MS)
    }
  }
  const lanes = [send(), send(), send(), send()]
  return {
    count: () => count,
    async stop() {
      isOver = true
      await Promise.all(lanes)
    },
  }
}
