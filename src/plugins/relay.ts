import plugin from 'fastify-plugin'
import type { Config } from '../config.js'
import { openRelay } from '../realtime/open-relay.js'
import type { Relay } from '../realtime/relay.js'

declare module 'fastify' {
  interface FastifyInstance {
    relay: Relay
  }
}

export const relayPlugin = plugin<{ config: Config; relay?: Relay | undefined }>(
  async (app, { config, relay }) => {
    app.decorate('relay', relay ?? openRelay(config, (error) => app.log.warn({ err: error }, 'Redis')))
    app.addHook('onClose', () => app.relay.close())
  },
  { name: 'relay' },
)
