import t from 'tap'
import { createDatabase } from '../support/databases/database.js'
import { startNode, startNodes, type TestNode } from '../support/nodes/node.js'
import { startOwnPostgres } from '../support/databases/own-postgres.js'
import { startOwnRedis } from '../../harness/redis-server.js'
import { until } from '../../harness/until.js'
import type { ChatEvent } from '../../src/events/events.js'

const DEADLINE_MS = 10_000
/** Ids start at 1 in every database, so all have this store. */
const CHANNEL = 'store:1'

t.test('installations that share a Redis and a prefix do not hear each other, whatever tells them apart', async (t) => {
  const redis = await startOwnRedis(t)
  const join = (number: number) => {
    const settings = { kind: 'single' as const, urls: [`${redis.url}/${number}`], sentinelMaster: '', prefix: 'test' }
    return { config: { redis: settings }, createPubSub: () => undefined }
  }
  const nodes = [
    await startNodes(t, 2, { database: await createDatabase(t), network: join(0) }),
    [await startNode(t, { database: await createDatabase(t), network: join(1) })],
    [await startNode(t, { database: await startOwnPostgres(t), network: join(0) })],
    [await startNode(t, { database: await startOwnPostgres(t), network: join(1) })],
  ]
  await until(() => nodes.flat().every(({ app }) => app.pubsub.isUp()), DEADLINE_MS, 'pub/sub is up on all nodes')
  const heard = await Promise.all(nodes.map((group) => Promise.all(group.map(listen))))

  for (const [place, group] of nodes.entries()) {
    const [first] = group
    first?.app.pubsub.publish([CHANNEL], { unreadOf: place })
    // On the other node of the first installation it has come by Redis, which has then given it to all who listen.
    await until(() => heard[place]?.every((own) => own.includes(place)), DEADLINE_MS, `installation ${place} hears`)
  }
  for (const [place, group] of nodes.entries()) {
    group[0]?.app.pubsub.publish([CHANNEL], { unreadOf: -1 })
    await until(
      () => heard[place]?.every((own) => own.includes(-1)),
      DEADLINE_MS,
      `installation ${place} hears the end`,
    )
    for (const own of heard[place] ?? []) t.strictSame(own, [place, -1])
  }
})

t.test('when the database has been restarted, its nodes find each other again', async (t) => {
  const redis = await startOwnRedis(t)
  const settings = { kind: 'single' as const, urls: [redis.url], sentinelMaster: '', prefix: 'test' }
  const database = await startOwnPostgres(t)
  const [here, there] = await startNodes(t, 2, {
    database,
    network: { config: { redis: settings }, createPubSub: () => undefined },
    config: { logLevel: 'fatal' },
  })
  if (here === undefined || there === undefined) throw new Error('Two nodes were asked for')
  const heard = await listen(there)
  await database.stop()
  await database.start()
  const isHeardByBoth = async () => {
    here.app.pubsub.publish([CHANNEL], { unreadOf: 1 })
    return heard.includes(1)
  }
  const restart = await database.query<{ at: Date }>('select pg_postmaster_start_time() as at')
  t.ok(restart[0]?.at)
  await until(isHeardByBoth, DEADLINE_MS, 'announcements travel again')
})

async function listen({ app }: TestNode): Promise<unknown[]> {
  const heard: unknown[] = []
  await app.pubsub.subscribe(CHANNEL, (announcement: ChatEvent) => {
    if ('unreadOf' in announcement) heard.push(announcement.unreadOf)
  })
  return heard
}
