import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import type { Config } from '../../src/config.js'
import type { Announcement } from '../../src/realtime/announce.js'
import { createLocalRelay, type Bus } from '../../src/realtime/local-relay.js'
import { createRedisRelay } from '../../src/realtime/redis-relay.js'
import type { Relay } from '../../src/realtime/relay.js'
import { readServices } from './services.js'
import { until } from './until.js'

/** What connects the nodes of a test, and lets the test listen in. */
export interface Network {
  config: Partial<Config>
  /** A node's own relay; undefined where the node makes it from its configuration. */
  createRelay(): Relay | undefined
  /** Collects what is published on a channel from now on. */
  listen(channel: string): Promise<Announcement[]>
  /** Publishes something, as a node would. */
  publish(channels: string[], announcement: Announcement): Promise<void>
}

export type NetworkKind = 'local' | 'redis'

/** A network of its own: one bus in this process, or a Redis (the common one unless told) with a prefix of its own. */
export function createNetwork(t: Test, kind: NetworkKind, redisUrl?: string): Network {
  return kind === 'local' ? createLocalNetwork(t) : createRedisNetwork(t, redisUrl ?? readServices().redisUrl)
}

function createLocalNetwork(t: Test): Network {
  const bus: Bus = new Set()
  const createRelay = () => createLocalRelay(bus)
  return { config: {}, createRelay, ...takePart(t, createRelay) }
}

function createRedisNetwork(t: Test, redisUrl: string): Network {
  const prefix = `test-${randomBytes(6).toString('hex')}`
  const redis = { kind: 'single' as const, urls: [redisUrl], sentinelMaster: '', prefix }
  const join = () => createRedisRelay({ ...redis, onError: () => undefined })
  return { config: { redis }, createRelay: () => undefined, ...takePart(t, join) }
}

/** The test's own relay among those of the nodes. */
function takePart(t: Test, createRelay: () => Relay): Pick<Network, 'listen' | 'publish'> {
  let opened: Relay | undefined
  const open = () => (opened ??= createRelay())
  t.teardown(() => opened?.close())
  return {
    async listen(channel) {
      const announcements: Announcement[] = []
      await until(() => open().isUp(), 5000, 'the relay is up')
      await open().subscribe(channel, (announcement) => announcements.push(announcement))
      return announcements
    },
    async publish(channels, announcement) {
      await until(() => open().isUp(), 5000, 'the relay is up')
      open().publish(channels, announcement)
    },
  }
}
