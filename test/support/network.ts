import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import type { Config } from '../../src/config.js'
import type { Database } from '../../src/database/database.js'
import { readInstallation } from '../../src/database/installation.js'
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
  /** The test's own part joins the installation of a node's database. */
  follow?(db: Database): Promise<void>
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
  return { config: {}, createRelay, ...takePart(t, createRelay()) }
}

function createRedisNetwork(t: Test, redisUrl: string): Network {
  const prefix = `test-${randomBytes(6).toString('hex')}`
  const redis = { kind: 'single' as const, urls: [redisUrl], sentinelMaster: '', prefix }
  const relay = createRedisRelay({ ...redis, installation: '', onError: () => undefined })
  return {
    config: { redis },
    createRelay: () => undefined,
    follow: async (db) => relay.joinInstallation(await readInstallation(db)),
    ...takePart(t, relay),
  }
}

/** The test's own relay among those of the nodes. */
function takePart(t: Test, relay: Relay): Pick<Network, 'listen' | 'publish'> {
  t.teardown(() => relay.close())
  return {
    async listen(channel) {
      const announcements: Announcement[] = []
      await until(() => relay.isUp(), 5000, 'the relay is up')
      await relay.subscribe(channel, (announcement) => announcements.push(announcement))
      return announcements
    },
    async publish(channels, announcement) {
      await until(() => relay.isUp(), 5000, 'the relay is up')
      relay.publish(channels, announcement)
    },
  }
}
