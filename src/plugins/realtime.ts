import type { IncomingMessage } from 'node:http'
import websocket from '@fastify/websocket'
import plugin from 'fastify-plugin'
import { type Config, readClientLimits } from '../config/config.js'
import { notFound } from '../errors/request-error.js'
import { openHub, type Hub } from '../realtime/hub.js'
import { refuseHandshake } from '../http/upgrades.js'

/** Browsers and proxies fragment large messages into pieces of some kilobytes. */
const MOST_FRAGMENTS = 64

declare module 'fastify' {
  interface FastifyInstance {
    hub: Hub
  }
  interface FastifyContextConfig {
    /** Whether the route accepts WebSocket handshakes. */
    opensSocket?: boolean
  }
}

export const realtimePlugin = plugin<{ config: Config }>(
  async (app, { config }) => {
    const hub = await openHub(app, {
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
        // A message in thousands of fragments costs as much as thousands of messages, but counts as one.
        maxFragments: MOST_FRAGMENTS,
        perMessageDeflate: false,
        clientTracking: false,
      },
      // The plugin's default closes without a code, and waits half a minute for a frozen client.
      preClose: async () => {
        app.drain()
        await hub.drain()
      },
      errorHandler: (error, socket) => {
        // `ws` has closed the socket with a fitting code, for a protocol error or a frame that is too big.
        app.log.debug({ err: error }, 'socket')
        socket.terminate()
      },
    })
    app.websocketServer.on('wsClientError', refuseHandshake)
    const requestIds = new WeakMap<IncomingMessage, string>()
    app.websocketServer.on('headers', (lines, request) => lines.push(`X-Request-Id: ${requestIds.get(request)}`))
    // The plugin would open a socket on any route, and log the URL with its query.
    app.addHook('onRequest', (request, _reply, done) => {
      if (request.ws) requestIds.set(request.raw, request.id)
      // Fastify makes the options of the route anew for each look at them.
      done(request.ws && request.routeOptions.config.opensSocket !== true ? notFound() : undefined)
    })
    app.addHook('onClose', () => hub.close())
  },
  { name: 'realtime', dependencies: ['database', 'pubsub', 'authentication', 'draining', 'upgrades'] },
)
