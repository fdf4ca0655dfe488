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

/** Connects the nodes of a test, and lets the test listen and publish. */
export interface Network {
  config: Partial<Config>
  /** The pub/sub of a node; undefined if the node creates it from its configuration. */
  createPubSub(): PubSub | undefined
  /** Joins the installation of a node's database, as the node does. */
  follow?(db: Database): Promise<void>
  /** Collects the events that are published on a channel from now on. */
  listen(channel: string): Promise<ChatEvent[]>
  /** Publishes an event, as a node does. */
  publish(channels: string[], event: ChatEvent): Promise<void>
}

export type NetworkKind = 'local' | 'redis'

/** Creates a separate network: a bus in this process, or a Redis (by default the shared one) with a separate prefix. */
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

/** The part of a network that the test uses itself. */
function takePart(t: Test, pubsub: PubSub): Pick<Network, 'listen' | 'publish'> {
  t.teardown(() => pubsub.close())
  return {
    async listen(channel) {
      const events: ChatEvent[] = []
      await until(() => pubsub.isUp(), 5000, 'the pubsub is up')
      await pubsub.subscribe(channel, (event) => events.push(event))
      return events
    },
    async publish(channels, event) {
      await until(() => pubsub.isUp(), 5000, 'the pubsub is up')
      pubsub.publish(channels, event)
    },
  }
}
