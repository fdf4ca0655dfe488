import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type { Test } from 'tap'
import type { Config } from '../../src/config.js'
import { createLocalRelay } from '../../src/realtime/local-relay.js'
import { createRedisRelay } from '../../src/realtime/redis-relay.js'
import type { Relay } from '../../src/realtime/relay.js'
import { readServices } from './services.js'

/** What connects the nodes of a test, and lets the test listen in. */
export interface Network {
  config: Partial<Config>
  /** A node's own relay; undefined where the node makes it from its configuration. */
  createRelay(): Relay | undefined
  /** Collects what is published on a channel from now on. */
  listen(channel: string): Promise<string[]>
}

export type NetworkKind = 'local' | 'redis'

/** A network of its own: one bus in this process, or a Redis (the common one unless told) with a prefix of its own. */
export function createNetwork(t: Test, kind: NetworkKind, redisUrl?: string): Network {
  return kind === 'local' ? createLocalNetwork(t) : createRedisNetwork(t, redisUrl ?? readServices().redisUrl)
}

function createLocalNetwork(t: Test): Network {
  const bus = new EventEmitter()
  return {
    config: {},
    createRelay: () => createLocalRelay(bus),
    listen: (channel) => listen(t, createLocalRelay(bus), channel),
  }
}

function createRedisNetwork(t: Test, redisUrl: string): Network {
  const redisPrefix = `test-${randomBytes(6).toString('hex')}`
  const createListener = () => createRedisRelay({ url: redisUrl, prefix: redisPrefix, onError: () => undefined })
  return {
    config: { redisUrl, redisPrefix },
    createRelay: () => undefined,
    listen: (channel) => listen(t, createListener(), channel),
  }
}

async function listen(t: Test, relay: Relay, channel: string): Promise<string[]> {
  const payloads: string[] = []
  t.teardown(() => relay.close())
  await relay.subscribe(channel, (payload) => payloads.push(payload))
  return payloads
}
