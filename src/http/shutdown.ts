import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import plugin from 'fastify-plugin'
import { unavailable } from '../errors/request-error.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Refuses new requests from now on; those under way are finished. */
    drain(): void
    isDraining(): boolean
  }
  interface FastifyRequest {
    /** Whether its connection counts it as under way. */
    isTracked: boolean
  }
}

/** When a node closes, requests under way have this long to finish; then their connections are cut. */
const LONGEST_REQUEST_MS = 4500
/** A connection without a request for two looks is not about to send one. */
const LOOK_INTERVAL_MS = 100

export const drainingPlugin = plugin(
  async (app) => {
    let isDraining = false
    app.decorate('isDraining', () => isDraining)
    app.decorate('drain', () => {
      isDraining = true
    })
    // Not all are: a preflight is answered, and a faulty request refused, by an earlier hook than the one below.
    app.decorateRequest('isTracked', false)
    const connections = trackConnections()
    app.server.on('connection', connections.add)

    app.addHook('onRequest', (request, _reply, done) => {
      request.isTracked = connections.begin(request.raw)
      done(isDraining && !request.url.startsWith('/health/') ? unavailable('This node is shutting down') : undefined)
    })
    // Also where the request came before: a connection that is kept would keep the node from closing.
    app.addHook('onSend', (_request, reply, _payload, done) => {
      if (isDraining) reply.header('connection', 'close')
      done()
    })
    // An upgrade refused here has not come as far as the WebSocket plugin, which would end its connection.
    app.addHook('onResponse', ({ raw, isTracked }, _reply, done) => {
      if (isTracked) connections.end(raw)
      if (isDraining && raw.headers.upgrade !== undefined) raw.socket.destroySoon()
      done()
    })
    app.addHook('preClose', async () => connections.startClosing())
    app.addHook('onClose', async () => connections.stopClosing())
  },
  { name: 'draining' },
)

/**
 * Which connections have requests under way. Node closes only those by itself that are idle after a request: one that
 * never sent one (browsers open them ahead), or half of one, or does not read its answer, would keep the server open.
 */
function trackConnections() {
  const requests = new Map<Socket, number>()
  let timer: NodeJS.Timeout | undefined

  function closeIdle(idleBefore: Set<Socket>): Set<Socket> {
    const idle = new Set([...requests].flatMap(([socket, count]) => (count === 0 ? socket : [])))
    for (const socket of idle) if (idleBefore.has(socket)) socket.destroySoon()
    return idle
  }

  return {
    /** Also of a connection that is known: an upgrade that is ignored makes the server begin with it anew. */
    add(socket: Socket): void {
      if (requests.has(socket)) return
      requests.set(socket, 0)
      socket.once('close', () => requests.delete(socket))
    },
    /** Returns whether the request's end is to be told, too. */
    begin({ socket }: IncomingMessage): boolean {
      const count = requests.get(socket)
      if (count !== undefined) requests.set(socket, count + 1)
      return count !== undefined
    },
    end({ socket }: IncomingMessage): void {
      const count = requests.get(socket)
      if (count !== undefined) requests.set(socket, count - 1)
    },
    /** Closes connections as their requests end, and cuts the others in the end. WebSockets are requests to their end. */
    startClosing(): void {
      const startedAt = Date.now()
      let idle = new Set<Socket>()
      timer = setInterval(() => {
        idle = closeIdle(idle)
        if (Date.now() - startedAt < LONGEST_REQUEST_MS) return
        for (const socket of requests.keys()) socket.destroy()
      }, LOOK_INTERVAL_MS)
    },
    stopClosing: () => clearInterval(timer),
  }
}
