import { Redis } from 'ioredis'
import type { Relay, RelayListener } from './relay.js'

const COMMAND_TIMEOUT_MS = 1000
const SLOWEST_RETRY_MS = 1000
const retryStrategy = (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 5), SLOWEST_RETRY_MS)

export interface RedisRelayOptions {
  url: string
  /** Begins every channel's name, so that installations can share a Redis. */
  prefix: string
  onError(error: Error): void
}

/**
 * A relay through Redis, for any number of nodes. While Redis is away, publishing fails at once instead of queueing, and
 * subscriptions are taken up again when it is back.
 */
export function createRedisRelay({ url, prefix, onError }: RedisRelayOptions): Relay {
  const listeners = new Map<string, RelayListener[]>()
  const publisher = new Redis(url, {
    retryStrategy,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
  })
  const subscriber = new Redis(url, { retryStrategy, maxRetriesPerRequest: null, autoResubscribe: false })
  publisher.on('error', onError)
  subscriber.on('error', onError)

  subscriber.on('ready', () => {
    const channels = [...listeners.keys()]
    if (channels.length > 0) subscriber.subscribe(...channels).catch(onError)
  })
  subscriber.on('message', (channel: string, payload: string) => {
    for (const listener of listeners.get(channel) ?? []) listener(payload)
  })

  return {
    publish(channels, payload) {
      for (const channel of channels) publisher.publish(`${prefix}:${channel}`, payload).catch(onError)
    },
    async subscribe(channel, listener) {
      const name = `${prefix}:${channel}`
      listeners.set(name, [...(listeners.get(name) ?? []), listener])
      await subscriber.subscribe(name)
    },
    isUp: () => publisher.status === 'ready' && subscriber.status === 'ready',
    async close() {
      listeners.clear()
      publisher.disconnect()
      subscriber.disconnect()
    },
  }
}
