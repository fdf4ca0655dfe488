import { Redis } from 'ioredis'
import { openClusterLink } from './redis-cluster-link.js'
import {
  connectionOptions,
  isEncrypted,
  readCredentials,
  readHostAndPort,
  retryStrategy,
  subscriberOptions,
  type RedisAddress,
} from './redis-options.js'
import { createRedisSubscriber } from './redis-subscriber.js'

/** A payload on its way to a channel. */
export interface Outgoing {
  channel: string
  payload: string
}

/** What pub/sub needs of Redis: single, sentinel or cluster. Channel names are complete here. */
export interface RedisLink {
  /** How many channels one `publish` may take. */
  readonly mostTogether: number
  /** Publishes all of them. When it rejects, some may have been published. */
  publish(outgoing: Outgoing[]): Promise<unknown>
  /** Runs a script with keys and the values of each. Returns an answer for each key. */
  evaluate(script: string, calls: { key: string; values: number[] }[]): Promise<number[]>
  /**
   * Subscribes until `unsubscribe`, over all reconnects. Resolves when the subscription holds for the first time; never
   * rejects.
   */
  subscribe(channel: string): Promise<void>
  unsubscribe(channel: string): void
  /** Whether what is published now is sent. */
  canPublish(): boolean
  /** Whether payloads are sent and received. */
  isUp(): boolean
  close(): void
}

export interface LinkOptions extends RedisAddress {
  /** Prefix of the channels on which the link probes its connections. Nobody else uses them. */
  probePrefix: string
  onPayload(channel: Buffer, payload: Buffer): void
  onError(error: Error): void
}

/** A script publishes to all channels at once: a command for each costs this process three times as much (measured). */
const PUBLISH_ALL = 'for i = 1, #ARGV, 2 do redis.call("PUBLISH", ARGV[i], ARGV[i + 1]) end'
/** Redis does nothing else while a script runs. */
const MAX_BATCH_SIZE = 250

export function openRedisLink(options: LinkOptions): RedisLink {
  return options.kind === 'cluster' ? openClusterLink(options) : openPlainLink(options)
}

/** One Redis, reached directly or through sentinels. A connection that subscribes can do nothing else, so there are two. */
function openPlainLink({ probePrefix, onPayload, onError, ...address }: LinkOptions): RedisLink {
  const publisher = connect(address, connectionOptions)
  publisher.on('error', onError)
  const canPublish = () => publisher.status === 'ready'

  function publish(outgoing: Outgoing[]): Promise<unknown> {
    const words: string[] = []
    for (const { channel, payload } of outgoing) words.push(channel, payload)
    return publisher.eval(PUBLISH_ALL, 0, ...words)
  }

  const subscriber = createRedisSubscriber(connect(address, subscriberOptions), {
    isSharded: false,
    probeChannel: probePrefix,
    publishProbe: (channel) => {
      if (canPublish()) publish([{ channel, payload: '' }]).catch(onError)
    },
    onPayload,
    // Either of the two may be dead.
    onSilent: () => publisher.disconnect(true),
    onError,
  })
  return {
    mostTogether: MAX_BATCH_SIZE,
    publish,
    evaluate: async (script, calls) => {
      const words = [...calls.map(({ key }) => key), ...calls.flatMap(({ values }) => values)]
      return (await publisher.eval(script, calls.length, ...words)) as number[]
    },
    subscribe: (channel) => subscriber.add(channel),
    unsubscribe: (channel) => subscriber.remove(channel),
    canPublish,
    isUp: () => canPublish() && subscriber.isUp(),
    close() {
      publisher.disconnect()
      subscriber.close()
    },
  }
}

function connect(
  { kind, urls, sentinelMaster }: RedisAddress,
  options: typeof connectionOptions | typeof subscriberOptions,
): Redis {
  const [first = ''] = urls
  if (kind === 'single') return new Redis(first, options)
  return new Redis({
    ...options,
    ...readCredentials(first),
    sentinels: urls.map(readHostAndPort),
    name: sentinelMaster,
    sentinelRetryStrategy: retryStrategy,
    ...(isEncrypted(first) && { tls: {}, enableTLSForSentinelMode: true }),
  })
}
