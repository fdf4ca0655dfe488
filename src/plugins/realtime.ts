import websocket from '@fastify/websocket'
import plugin from 'fastify-plugin'
import { type Config, readClientLimits } from '../config/config.js'
import { notFound } from '../errors/request-error.js'
import { openHub, type Hub } from '../realtime/hub.js'
import { refuseHandshake } from '../http/upgrades.js'

/** Browsers and proxies cut large messages into pieces of some kilobytes. */
const MOST_FRAGMENTS = 64

declare module 'fastify' {
  interface FastifyInstance {
    hub: Hub
  }
  interface FastifyContextConfig {
    /** Whether the route takes WebSocket handshakes. */
    opensSocket?: boolean
  }
}

export const realtimePlugin = plugin<{ config: Config }>(
  async (app, { config }) => {
    const hub = await openHub(app.db, app.pubsub, app.log, {
      pingIntervalMs: config.socketPingIntervalMs,
      longestStatementMs: config.databaseStatementTimeoutMs,
      bufferBytes: config.socketLimits.bufferBytes,
      clientLimits: readClientLimits(config),
    })
    app.decorate('hub', hub)
    await app.register(websocket, {
      options: {
        server: app.handshakes,
        maxPayload: config.socketFrameBytes,
        // A frame in thousands of pieces costs as much as thousands of frames, but counts as one.
        maxFragments: MOST_FRAGMENTS,
        perMessageDeflate: false,
        clientTracking: false,
      },
      // The plugin's own way is to close without a code, and to wait for a frozen client for half a minute.
      preClose: async () => {
        app.drain()
        await hub.drain()
      },
      errorHandler: (error, socket) => {
        // ws has closed the socket with the code that fits: a broken protocol or a frame that is too big.
        app.log.debug({ err: error }, 'socket')
        socket.terminate()
      },
    })
    app.websocketServer.on('wsClientError', refuseHandshake)
    // The plugin would open a socket on any route, and log its URL with the query.
    app.addHook('onRequest', (request, _reply, done) => {
      // Fastify makes the options of the route anew for each look at them.
      done(request.ws && request.routeOptions.config.opensSocket !== true ? notFound() : undefined)
    })
    app.addHook('onClose', () => hub.close())
  },
  { name: 'realtime', dependencies: ['database', 'pubsub', 'draining', 'upgrades'] },
)
