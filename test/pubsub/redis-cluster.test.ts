import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { createRedisPubSub } from '../../src/pubsub/redis-pubsub.js'
import { startOwnCluster } from '../support/nodes/redis-cluster.js'
import type { RedisServer } from '../../harness/redis-server.js'
import { until } from '../../harness/until.js'
import type { ChatEvent } from '../../src/events/events.js'

const DEADLINE_MS = 15_000
const KILLS = 4
/** Enough channels for every shard. */
const CHANNELS = ['token-revoked', ...Array.from({ length: 23 }, (_, place) => `store:${place}`)]

t.test('a Redis Cluster', async (t) => {
  const servers = await startOwnCluster(t)

  await t.test('every channel is heard again, however often the subscribers are cut', async (t) => {
    const { clients, everybodyHears } = await open(t, servers)
    await everybodyHears('at first')
    for (let kill = 1; kill <= KILLS; kill++) {
      // Several in a row, also while connections are opened and subscribed again. The last affects one shard.
      for (let again = 0; again < 20; again++) {
        await Promise.all(clients.map((client) => client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')))
      }
      await clients[kill % clients.length]?.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
      await everybodyHears(`after cut ${kill}`)
    }
  })

  await t.test('so is the only channel of a shard, on every node', async (t) => {
    for (let run = 1; run <= 4; run++) {
      const { clients, everybodyHears } = await open(t, servers, ['token-revoked'])
      await Promise.all(clients.map((client) => client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')))
      await everybodyHears(`in run ${run}`)
    }
  })

  await t.test('channels follow their slots to another shard', async (t) => {
    const { clients, everybodyHears, prefix } = await open(t, servers)
    await everybodyHears('at first')
    for (const channel of CHANNELS.slice(0, 6)) await moveSlot(clients, `${prefix}:here:${channel}`)
    await everybodyHears('after the slots have moved')
  })

  await t.test('a shard that comes back is subscribed again', async (t) => {
    const { everybodyHears } = await open(t, servers)
    await everybodyHears('at first')
    await servers[0]?.stop()
    await servers[0]?.start()
    await everybodyHears('after its return')
  })
})

async function open(t: Test, servers: RedisServer[], channels = CHANNELS) {
  const prefix = `test-${randomBytes(6).toString('hex')}`
  const urls = servers.map(({ url }) => url)
  const createPubSub = () =>
    createRedisPubSub({
      kind: 'cluster',
      urls,
      sentinelMaster: '',
      prefix,
      installation: 'here',
      onError: () => undefined,
    })
  const [here, there] = [createPubSub(), createPubSub()]
  const clients = urls.map((url) => new Redis(url))
  t.teardown(async () => {
    for (const client of clients) client.disconnect()
    await Promise.all([here.close(), there.close()])
  })
  await until(() => here.isUp() && there.isUp(), DEADLINE_MS, 'pub/sub is up on both')
  const heard = new Map<string, number>()
  for (const channel of channels) {
    await there.subscribe(channel, (announcement: ChatEvent) => {
      if ('unreadOf' in announcement) heard.set(channel, announcement.unreadOf)
    })
  }
  let round = 0
  /** Repeatedly: pub/sub may lose events during a fault, but not afterwards. */
  const everybodyHears = async (when: string) => {
    round++
    const missing = () => channels.filter((channel) => heard.get(channel) !== round)
    await until(
      () => {
        if (missing().length === 0) return true
        here.publish(missing(), { unreadOf: round })
        return false
      },
      DEADLINE_MS,
      `every channel is heard ${when}`,
    ).catch(() => undefined)
    t.strictSame(missing(), [], when)
  }
  return { prefix, clients, everybodyHears }
}

/** Moves the slot of a channel to the next master. */
async function moveSlot(clients: Redis[], channel: string): Promise<void> {
  const slot = await clients[0]?.cluster('KEYSLOT', channel)
  const ids = await Promise.all(clients.map((client) => client.call('CLUSTER', 'MYID') as Promise<string>))
  const slots = (await clients[0]?.cluster('SLOTS')) ?? []
  const owner = slots.find(([from, to]) => from <= Number(slot) && Number(slot) <= to)?.[2]?.[2]
  const next = ids[(ids.indexOf(owner ?? '') + 1) % ids.length]
  const place = ids.indexOf(next ?? '')
  // Only a node that imports a slot takes it with a new epoch. Without one, a ping of the old owner could take it back.
  await clients[place]?.call('CLUSTER', 'SETSLOT', Number(slot), 'IMPORTING', owner ?? '')
  // The new owner first, so that the others learn of it with that epoch.
  for (const client of [...clients.slice(place), ...clients.slice(0, place)]) {
    await client.call('CLUSTER', 'SETSLOT', Number(slot), 'NODE', next ?? '')
  }
}
