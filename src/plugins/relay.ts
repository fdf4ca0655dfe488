import plugin from 'fastify-plugin'
import type { Config } from '../config.js'
import { createLocalRelay } from '../realtime/local-relay.js'
import { createRedisRelay } from '../realtime/redis-relay.js'
import type { Relay } from '../realtime/relay.js'

declare module 'fastify' {
  interface FastifyInstance {
    relay: Relay
  }
}

export const relayPlugin = plugin<{ config: Config; relay?: Relay | undefined }>(
  async (app, { config, relay }) => {
    app.decorate('relay', relay ?? createRelay(config, (error) => app.log.warn({ err: error }, 'Redis')))
    app.addHook('onClose', () => app.relay.close())
  },
  { name: 'relay' },
)

function createRelay({ redisUrl, redisPrefix }: Config, onError: (error: Error) => void): Relay {
  return redisUrl === undefined ? createLocalRelay() : createRedisRelay({ url: redisUrl, prefix: redisPrefix, onError })
}
