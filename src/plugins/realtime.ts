import websocket from '@fastify/websocket'
import plugin from 'fastify-plugin'
import type { Config } from '../config.js'
import { openHub, type Hub } from '../realtime/hub.js'

declare module 'fastify' {
  interface FastifyInstance {
    hub: Hub
  }
}

export const realtimePlugin = plugin<{ config: Config }>(
  async (app, { config }) => {
    const hub = await openHub(app.db, app.relay, app.log, {
      pingIntervalMs: config.socketPingIntervalMs,
      longestStatementMs: config.databaseStatementTimeoutMs,
    })
    app.decorate('hub', hub)
    await app.register(websocket, {
      options: { maxPayload: config.socketFrameBytes, perMessageDeflate: false, clientTracking: false },
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
    app.addHook('onClose', () => hub.close())
  },
  { name: 'realtime', dependencies: ['database', 'relay', 'draining'] },
)
