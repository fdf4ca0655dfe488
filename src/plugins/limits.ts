import type { preHandlerHookHandler } from 'fastify'
import plugin from 'fastify-plugin'
import type { Config } from '../config.js'
import { openLimits, type Limits } from '../limits/limits.js'

declare module 'fastify' {
  interface FastifyInstance {
    limits: Limits
    /** A hook of routes that send one message. */
    limitMessages: preHandlerHookHandler
  }
}

/** Limits what accounts and addresses may ask for. */
export const limitsPlugin = plugin<{ config: Config }>(
  async (app, { config }) => {
    const limits = openLimits(config.limits, app.relay.memory, (error) => {
      if (error) app.log.warn({ err: error }, 'limits are not shared with other nodes')
      else app.log.info('limits are shared with other nodes again')
    })
    app.decorate('limits', limits)
    app.decorate('limitMessages', (request, _reply, done) => {
      done(limits.takeMessages(request.account, 1).refusal)
    })
    app.addHook('onClose', async () => limits.close())
  },
  { name: 'limits', dependencies: ['relay'] },
)
