import { Cluster, Command, type Redis } from 'ioredis'
import type { LinkOptions, Outgoing, RedisLink } from './redis-link.js'
import {
  COMMAND_TIMEOUT_MS,
  connectionOptions,
  isEncrypted,
  readCredentials,
  readHostAndPort,
  retryStrategy,
  subscriberOptions,
} from './redis-options.js'
import { createRedisSubscriber, type RedisSubscriber } from './redis-subscriber.js'

const SLOTS_REFRESH_INTERVAL_MS = 5000
/** Names that are tried to find a probe channel in each shard: enough for a shard with a single slot. */
const MOST_PROBE_NAMES = 200_000

/**
 * Sharded pub/sub: a payload is sent to the shard of its channel instead of to every node of the cluster. Each master has a
 * subscriber connection of this service: the sharded subscribers of ioredis reconnect by themselves, and report neither
 * that nor whether their subscriptions hold.
 */
export function openClusterLink({ urls, probePrefix, onPayload, onError }: LinkOptions): RedisLink {
  const [first = ''] = urls
  const { username, password } = readCredentials(first)
  const cluster = new Cluster(urls.map(readHostAndPort), {
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    clusterRetryStrategy: retryStrategy,
    slotsRefreshTimeout: COMMAND_TIMEOUT_MS,
    slotsRefreshInterval: SLOTS_REFRESH_INTERVAL_MS,
    redisOptions: {
      connectTimeout: connectionOptions.connectTimeout,
      commandTimeout: COMMAND_TIMEOUT_MS,
      maxRetriesPerRequest: 0,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(isEncrypted(first) && { tls: {} }),
    },
  })
  /** By the master's address, as in `cluster.slots`. */
  const shards = new Map<string, RedisSubscriber>()
  /** The wanted channels with the subscriber of each; undefined while no master is known for its slot. */
  const placed = new Map<string, RedisSubscriber | undefined>()

  const masterOf = (channel: string) => cluster.slots[slotOf(channel)]?.[0]
  const refreshSlots = () => cluster.refreshSlotsCache()
  const publish = (outgoing: Outgoing[]) =>
    Promise.all(outgoing.map(({ channel, payload }) => cluster.spublish(channel, payload)))

  cluster.on('error', onError)
  cluster.on('refresh', arrange)

  /** Follows the slots after a failover or a migration. */
  function arrange(): void {
    const masters = new Set(cluster.slots.flatMap(([master]) => master ?? []))
    for (const [master, subscriber] of shards) {
      if (masterOf(subscriber.probeChannel) === master) masters.delete(master)
      else closeShard(master, subscriber)
    }
    for (const [master, probeChannel] of nameProbes(masters)) {
      const node = findNode(master)
      if (node) shards.set(master, openShard(master, node, probeChannel))
    }
    for (const channel of placed.keys()) void place(channel)
  }

  const findNode = (master: string): Redis | undefined =>
    cluster.nodes('master').find(({ options }) => `${options.host}:${options.port}` === master)

  function nameProbes(masters: Set<string>): Map<string, string> {
    const names = new Map<string, string>()
    for (let number = 0; names.size < masters.size && number < MOST_PROBE_NAMES; number++) {
      const name = `${probePrefix}:${number}`
      const master = masterOf(name)
      if (master !== undefined && masters.has(master) && !names.has(master)) names.set(master, name)
    }
    return names
  }

  function openShard(master: string, node: Redis, probeChannel: string): RedisSubscriber {
    const redis = node.duplicate({ ...subscriberOptions, lazyConnect: false })
    const subscriber = createRedisSubscriber(redis, {
      isSharded: true,
      probeChannel,
      publishProbe: (channel) => {
        if (cluster.status === 'ready') cluster.spublish(channel, '').catch(onError)
      },
      onPayload,
      // Either of the two connections to the shard may be dead. The cluster opens another one when it needs it.
      onSilent: () => findNode(master)?.disconnect(),
      onError,
    })
    redis.on('close', refreshSlots)
    // Redis ended or refused subscriptions because their slot has moved to another master.
    redis.on('moved', () => {
      subscriber.refresh()
      refreshSlots()
    })
    return subscriber
  }

  function closeShard(master: string, subscriber: RedisSubscriber): void {
    shards.delete(master)
    subscriber.close()
    for (const [channel, where] of placed) if (where === subscriber) placed.set(channel, undefined)
  }

  function place(channel: string): Promise<void> {
    const master = masterOf(channel)
    const owner = master === undefined ? undefined : shards.get(master)
    const last = placed.get(channel)
    placed.set(channel, owner)
    if (last !== owner) last?.remove(channel)
    return owner?.add(channel) ?? Promise.resolve()
  }

  return {
    // A script may not touch the channels of several shards.
    mostTogether: 1,
    publish,
    // A script may not touch the keys of several shards.
    evaluate: async (script, calls) =>
      (await Promise.all(calls.map(({ key, values }) => cluster.eval(script, 1, key, ...values)))).flat() as number[],
    subscribe: place,
    unsubscribe(channel) {
      placed.get(channel)?.remove(channel)
      placed.delete(channel)
    },
    canPublish: () => cluster.status === 'ready',
    isUp: () => cluster.status === 'ready' && shards.size > 0 && [...shards.values()].every((shard) => shard.isUp()),
    close() {
      cluster.removeAllListeners('refresh')
      cluster.disconnect()
      for (const shard of shards.values()) shard.close()
    },
  }
}

const slotOf = (channel: string): number => new Command('ssubscribe', [channel]).getSlot()
