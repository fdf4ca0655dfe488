import plugin from 'fastify-plugin'
import { unavailable } from '../errors.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Refuses new requests from now on; those under way are finished. */
    drain(): void
    isDraining(): boolean
  }
}

export const drainingPlugin = plugin(
  async (app) => {
    let isDraining = false
    app.decorate('isDraining', () => isDraining)
    app.decorate('drain', () => {
      isDraining = true
    })
    app.addHook('onRequest', async (request) => {
      if (isDraining && !request.url.startsWith('/health/')) throw unavailable('This node is shutting down')
    })
    // Also where the request came before: a connection that is kept would keep the node from closing.
    app.addHook('onSend', async (_request, reply) => {
      if (isDraining) reply.header('connection', 'close')
    })
    // An upgrade refused here has not come as far as the WebSocket plugin, which would end its connection.
    app.addHook('onResponse', async ({ raw }) => {
      if (isDraining && raw.headers.upgrade !== undefined) raw.socket.destroySoon()
    })
  },
  { name: 'draining' },
)
