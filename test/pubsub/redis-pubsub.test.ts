import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { createRedisPubSub } from '../../src/pubsub/redis-pubsub.js'
import { startOwnRedis } from '../../harness/redis-server.js'
import { readServices } from '../../harness/services.js'
import { until } from '../../harness/until.js'
import type { ChatEvent } from '../../src/events/events.js'

const DEADLINE_MS = 10_000

async function openPubSubs(t: Test) {
  const prefix = `test-${randomBytes(6).toString('hex')}`
  const { redisUrl } = readServices()
  const errors: Error[] = []
  const open = () => {
    const onError = (error: Error) => void errors.push(error)
    return createRedisPubSub({
      kind: 'single',
      urls: [redisUrl],
      sentinelMaster: '',
      prefix,
      installation: 'here',
      onError,
    })
  }
  const [here, there] = [open(), open()]
  t.teardown(() => Promise.all([here.close(), there.close()]))
  await until(() => here.isUp() && there.isUp(), DEADLINE_MS, 'pub/sub is up on both')
  return { prefix, redisUrl, errors, here, there }
}

const unreadOf = (announcement: ChatEvent) => ('unreadOf' in announcement ? announcement.unreadOf : undefined)

t.test('what is announced in one turn arrives on any number of channels, each in its order', async (t) => {
  const { here, there } = await openPubSubs(t)
  const channels = Array.from({ length: 600 }, (_, place) => `channel:${place}`)
  const received = new Map(channels.map((channel) => [channel, [] as (number | undefined)[]]))
  for (const channel of channels) {
    await there.subscribe(channel, (announcement) => received.get(channel)?.push(unreadOf(announcement)))
  }
  const numbers = [1, 2, 3]
  for (const number of numbers) here.publish(channels, { unreadOf: number })
  await until(() => [...received.values()].every(({ length }) => length >= numbers.length), DEADLINE_MS)
  t.strictSame(received, new Map(channels.map((channel) => [channel, numbers])))
  t.equal(here.counts.dropped, 0)
})

t.test('a frame arrives as it was, also where it is long or not ASCII', async (t) => {
  const { here, there } = await openPubSubs(t)
  const received: string[] = []
  await there.subscribe('frames', (announcement) => {
    if ('frame' in announcement) received.push(announcement.frame.toString())
  })
  const frames = [
    '{"type":"message"}',
    JSON.stringify({ text: 'Größe\n\u001e €😀' }),
    JSON.stringify('ß'.repeat(70_000)),
  ]
  const message = { sessionId: 1, storeId: 2, holderId: null, seq: 3, senderType: 'store' as const, messageId: 4 }
  for (const frame of frames) here.publish(['frames'], { message, frame })
  await until(() => received.length === frames.length, DEADLINE_MS)
  t.strictSame(received, frames)
})

t.test('what cannot be read is reported and does no harm', async (t) => {
  const { prefix, redisUrl, errors, here, there } = await openPubSubs(t)
  const received: unknown[] = []
  await there.subscribe('channel', (announcement) => received.push(unreadOf(announcement)))
  const stranger = new Redis(redisUrl)
  t.teardown(() => stranger.disconnect())
  for (const payload of [
    '',
    'x',
    '{"tokenId":3}',
    `${'n'.repeat(12)}{"unreadOf":`,
    `${'n'.repeat(12)}{}\n\u001e\u001e`,
  ]) {
    await stranger.publish(`${prefix}:here:channel`, payload)
  }
  await until(() => errors.length >= 4, DEADLINE_MS)
  here.publish(['channel'], { unreadOf: 7 })
  await until(() => received.includes(7), DEADLINE_MS)
})

t.test('who leaves a channel and enters it again at once hears it', async (t) => {
  const { here, there } = await openPubSubs(t)
  let heard = 0
  const enter = () => there.subscribe('channel', (announcement) => (heard = unreadOf(announcement) ?? 0))
  let leave = await enter()
  for (let turn = 1; turn <= 20; turn++) {
    leave()
    leave = await enter()
    here.publish(['channel'], { unreadOf: turn })
    await until(() => heard === turn, DEADLINE_MS, `heard in turn ${turn}`)
  }
  leave()
  const entering = [enter(), enter(), enter()]
  const leaves = await Promise.all(entering)
  leaves[0]?.()
  here.publish(['channel'], { unreadOf: 100 })
  await until(() => heard === 100, DEADLINE_MS, 'the others still hear')
})

t.test('a subscription that is refused once is tried again until it holds', async (t) => {
  const redis = await startOwnRedis(t)
  const administrator = new Redis(redis.url)
  t.teardown(() => administrator.disconnect())
  const rights = ['on', '>Secret/Pass#1@', '+@all', 'resetchannels', '&test:probe:*']
  await administrator.acl('SETUSER', 'chat', ...rights)
  const url = redis.url.replace('//', `//chat:${encodeURIComponent('Secret/Pass#1@')}@`)
  const open = () =>
    createRedisPubSub({
      kind: 'single',
      urls: [url],
      sentinelMaster: '',
      prefix: 'test',
      installation: 'here',
      onError: () => undefined,
    })
  const [here, there] = [open(), open()]
  t.teardown(() => Promise.all([here.close(), there.close()]))
  await until(() => here.isUp() && there.isUp(), DEADLINE_MS, 'pub/sub is up on both')
  let heard = 0
  await there.subscribe('channel', (announcement) => (heard = unreadOf(announcement) ?? 0))
  await administrator.acl('SETUSER', 'chat', '&test:here:*')
  const isHeard = () => {
    here.publish(['channel'], { unreadOf: 1 })
    return heard === 1
  }
  await until(isHeard, DEADLINE_MS, 'heard when it may be')
})
