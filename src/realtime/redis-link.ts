import { Cluster, Redis, type RedisOptions } from 'ioredis'

/** A payload on its way to a channel. */
export interface Outgoing {
  channel: string
  payload: string
}

/** What a relay needs of Redis, whatever its kind. Channel names are complete here. */
export interface RedisLink {
  /** How many channels may travel together. */
  readonly mostTogether: number
  /** Takes all or, when it rejects, perhaps some of them. */
  publish(outgoing: Outgoing[]): Promise<unknown>
  /** Runs a script with keys and the values of each. Returns an answer for each key. */
  evaluate(script: string, calls: { key: string; values: number[] }[]): Promise<number[]>
  subscribe(channel: string): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  onPayload(listener: (channel: Buffer, payload: Buffer) => void): void
  /** After each new connection, when no channel is subscribed yet. */
  onReady(listener: () => void): void
  isReady(): boolean
  /** Drops the connections with all that waits in them, and makes new ones. */
  reconnect(): void
  close(): void
}

export interface RedisAddress {
  kind: 'single' | 'sentinel' | 'cluster'
  /** One or, for sentinels and clusters, any number that are tried in turn. */
  urls: string[]
  sentinelMaster: string
}

const COMMAND_TIMEOUT_MS = 1000
const CONNECT_TIMEOUT_MS = 3000
const SLOWEST_RETRY_MS = 500
const retryStrategy = (attempt: number) => Math.min(25 * 2 ** Math.min(attempt, 6), SLOWEST_RETRY_MS)

/** A script publishes for all channels at once: a command for each costs this process three times as much. */
const PUBLISH_ALL = 'for i = 1, #ARGV, 2 do redis.call("PUBLISH", ARGV[i], ARGV[i + 1]) end'
/** Redis does nothing else while a script runs. */
const MOST_TOGETHER = 250

/** By default ioredis queues without bound while Redis is away, and gives up a command after more than a minute. */
const publisherOptions = {
  retryStrategy,
  connectTimeout: CONNECT_TIMEOUT_MS,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  commandTimeout: COMMAND_TIMEOUT_MS,
} satisfies RedisOptions
const subscriberOptions = {
  retryStrategy,
  connectTimeout: CONNECT_TIMEOUT_MS,
  enableOfflineQueue: false,
  maxRetriesPerRequest: null,
  autoResubscribe: false,
} satisfies RedisOptions

export function openRedisLink(address: RedisAddress, onError: (error: Error) => void): RedisLink {
  return address.kind === 'cluster' ? openClusterLink(address, onError) : openPlainLink(address, onError)
}

/** One Redis, found directly or through sentinels. A connection that subscribes can do nothing else, so there are two. */
function openPlainLink(address: RedisAddress, onError: (error: Error) => void): RedisLink {
  const publisher = connect(address, publisherOptions)
  const subscriber = connect(address, subscriberOptions)
  publisher.on('error', onError)
  subscriber.on('error', onError)
  return {
    mostTogether: MOST_TOGETHER,
    publish(outgoing) {
      const words: string[] = []
      for (const { channel, payload } of outgoing) words.push(channel, payload)
      return publisher.eval(PUBLISH_ALL, 0, ...words)
    },
    evaluate: async (script, calls) => {
      const words = [...calls.map(({ key }) => key), ...calls.flatMap(({ values }) => values)]
      return (await publisher.eval(script, calls.length, ...words)) as number[]
    },
    subscribe: (channel) => subscriber.subscribe(channel),
    unsubscribe: (channel) => subscriber.unsubscribe(channel),
    onPayload: (listener) => subscriber.on('messageBuffer', listener),
    onReady: (listener) => subscriber.on('ready', listener),
    isReady: () => publisher.status === 'ready' && subscriber.status === 'ready',
    reconnect() {
      publisher.disconnect(true)
      subscriber.disconnect(true)
    },
    close() {
      publisher.disconnect()
      subscriber.disconnect()
    },
  }
}

function connect(
  { kind, urls, sentinelMaster }: RedisAddress,
  options: typeof publisherOptions | typeof subscriberOptions,
): Redis {
  const [first = ''] = urls
  if (kind === 'single') return new Redis(first, options)
  const { username, password, protocol } = new URL(first)
  return new Redis({
    ...options,
    sentinels: urls.map(readHostAndPort),
    name: sentinelMaster,
    sentinelRetryStrategy: retryStrategy,
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {}, enableTLSForSentinelMode: true }),
  })
}

/** Sharded publish and subscribe: a payload goes to the shard of its channel instead of to every node of the cluster. */
function openClusterLink({ urls }: RedisAddress, onError: (error: Error) => void): RedisLink {
  const { username, password, protocol } = new URL(urls[0] ?? '')
  const cluster = new Cluster(urls.map(readHostAndPort), {
    shardedSubscribers: true,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    clusterRetryStrategy: retryStrategy,
    slotsRefreshTimeout: COMMAND_TIMEOUT_MS,
    redisOptions: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      commandTimeout: COMMAND_TIMEOUT_MS,
      maxRetriesPerRequest: 0,
      ...(username !== '' && { username: decodeURIComponent(username) }),
      ...(password !== '' && { password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' && { tls: {} }),
    },
  })
  cluster.on('error', onError)
  return {
    // A script may not touch the channels of several shards.
    mostTogether: 1,
    publish: (outgoing) => Promise.all(outgoing.map(({ channel, payload }) => cluster.spublish(channel, payload))),
    // A script may not touch the keys of several shards.
    evaluate: async (script, calls) =>
      (await Promise.all(calls.map(({ key, values }) => cluster.eval(script, 1, key, ...values)))).flat() as number[],
    subscribe: (channel) => cluster.ssubscribe(channel),
    unsubscribe: (channel) => cluster.sunsubscribe(channel),
    onPayload: (listener) => cluster.on('smessageBuffer', listener),
    onReady: (listener) => cluster.on('ready', listener),
    isReady: () => cluster.status === 'ready',
    reconnect: () => cluster.disconnect(true),
    close: () => cluster.disconnect(),
  }
}

function readHostAndPort(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port || 6379) }
}
