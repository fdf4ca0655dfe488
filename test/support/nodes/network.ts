import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import type { Config } from '../../../src/config/config.js'
import type { Database } from '../../../src/database/database.js'
import { readInstallation } from '../../../src/database/installation.js'
import { createInProcessPubSub, type Bus } from '../../../src/pubsub/in-process.js'
import { createRedisPubSub } from '../../../src/pubsub/redis-pubsub.js'
import type { PubSub } from '../../../src/pubsub/pubsub.js'
import { readServices } from '../../../harness/services.js'
import { until } from '../../../harness/until.js'
import type { ChatEvent } from '../../../src/events/events.js'

/** What connects the nodes of a test, and lets the test listen in. */
export interface Network {
  config: Partial<Config>
  /** A node's own pub/sub; undefined where the node makes it from its configuration. */
  createPubSub(): PubSub | undefined
  /** The test's own part joins the installation of a node's database. */
  follow?(db: Database): Promise<void>
  /** Collects what is published on a channel from now on. */
  listen(channel: string): Promise<ChatEvent[]>
  /** Publishes something, as a node would. */
  publish(channels: string[], announcement: ChatEvent): Promise<void>
}

export type NetworkKind = 'local' | 'redis'

/** A network of its own: one bus in this process, or a Redis (the common one unless told) with a prefix of its own. */
export function createNetwork(t: Test, kind: NetworkKind, redisUrl?: string): Network {
  return kind === 'local' ? createLocalNetwork(t) : createRedisNetwork(t, redisUrl ?? readServices().redisUrl)
}

function createLocalNetwork(t: Test): Network {
  const bus: Bus = new Set()
  const createPubSub = () => createInProcessPubSub(bus)
  return { config: {}, createPubSub, ...takePart(t, createPubSub()) }
}

function createRedisNetwork(t: Test, redisUrl: string): Network {
  const prefix = `test-${randomBytes(6).toString('hex')}`
  const redis = { kind: 'single' as const, urls: [redisUrl], sentinelMaster: '', prefix }
  const pubsub = createRedisPubSub({ ...redis, installation: '', onError: () => undefined })
  return {
    config: { redis },
    createPubSub: () => undefined,
    follow: async (db) => pubsub.joinInstallation(await readInstallation(db)),
    ...takePart(t, pubsub),
  }
}

/** The test's own pub/sub among those of the nodes. */
function takePart(t: Test, pubsub: PubSub): Pick<Network, 'listen' | 'publish'> {
  t.teardown(() => pubsub.close())
  return {
    async listen(channel) {
      const announcements: ChatEvent[] = []
      await until(() => pubsub.isUp(), 5000, 'the pubsub is up')
      await pubsub.subscribe(channel, (announcement) => announcements.push(announcement))
      return announcements
    },
    async publish(channels, announcement) {
      await until(() => pubsub.isUp(), 5000, 'the pubsub is up')
      pubsub.publish(channels, announcement)
    },
  }
}
