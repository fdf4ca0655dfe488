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
    app.addHook('onRequest', (request, _reply, done) => {
      done(isDraining && !request.url.startsWith('/health/') ? unavailable('This node is shutting down') : undefined)
    })
    // Also where the request came before: a connection that is kept would keep the node from closing.
    app.addHook('onSend', (_request, reply, _payload, done) => {
      if (isDraining) reply.header('connection', 'close')
      done()
    })
    // An upgrade refused here has not come as far as the WebSocket plugin, which would end its connection.
    app.addHook('onResponse', ({ raw }, _reply, done) => {
      if (isDraining && raw.headers.upgrade !== undefined) raw.socket.destroySoon()
      done()
    })
  },
  { name: 'draining' },
)
