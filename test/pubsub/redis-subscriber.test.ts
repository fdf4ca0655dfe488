import { Redis } from 'ioredis'
import t from 'tap'
import { subscriberOptions } from '../../src/pubsub/redis-options.js'
import { createRedisSubscriber } from '../../src/pubsub/redis-subscriber.js'
import { startOwnRedis } from '../../harness/redis-server.js'
import { until } from '../../harness/until.js'

const DEADLINE_MS = 15_000

t.test('subscriptions that Redis has lost, or never ended, are noticed', async (t) => {
  const server = await startOwnRedis(t)
  const [connection, publisher] = [new Redis(server.url, subscriberOptions), new Redis(server.url)]
  const heard = new Set<string>()
  const subscriber = createRedisSubscriber(connection, {
    isSharded: false,
    probeChannel: 'probe',
    publishProbe: (channel) => void publisher.publish(channel, ''),
    onPayload: (channel) => heard.add(channel.toString()),
    onSilent: () => undefined,
    onError: () => undefined,
  })
  t.teardown(() => {
    subscriber.close()
    publisher.disconnect()
  })
  await until(() => subscriber.isUp(), DEADLINE_MS, 'it is up')
  await subscriber.add('wanted')
  const countOf = async (channel: string) => ((await publisher.pubsub('NUMSUB', channel)) as [string, number])[1]

  await connection.unsubscribe('wanted')
  t.equal(await countOf('wanted'), 0)
  await until(async () => (await countOf('wanted')) === 1, DEADLINE_MS, 'it is subscribed again')

  await connection.subscribe('stranger')
  await until(async () => (await countOf('stranger')) === 0, DEADLINE_MS, 'the connection is made anew')
  await until(async () => (await countOf('wanted')) === 1, DEADLINE_MS, 'with what is wanted')
  await publisher.publish('wanted', '')
  await until(() => heard.has('wanted'), DEADLINE_MS)
})
