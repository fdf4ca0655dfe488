import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import plugin from 'fastify-plugin'
import { unavailable } from '../../errors/request-error.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Refuses new requests from now on; running ones are finished. */
    drain(): void
    isDraining(): boolean
  }
  interface FastifyRequest {
    /** Whether the request counts as running. */
    isTracked: boolean
  }
}

/** While a node closes, running requests have this long to finish; then their connections are cut. */
const LONGEST_REQUEST_MS = 4500
/** A connection without a request at two checks in a row is closed. */
const LOOK_INTERVAL_MS = 100

export const drainingPlugin = plugin(
  async (app) => {
    let isDraining = false
    app.decorate('isDraining', () => isDraining)
    app.decorate('drain', () => {
      isDraining = true
    })
    // Not every request was counted: earlier hooks answer preflights and refuse faulty requests.
    app.decorateRequest('isTracked', false)
    const connections = trackConnections()
    app.server.on('connection', connections.add)

    app.addHook('onRequest', (request, _reply, done) => {
      request.isTracked = connections.begin(request.raw)
      done(isDraining && !request.url.startsWith('/health/') ? unavailable('This node is shutting down') : undefined)
    })
    // Also for a request that came before the shutdown: a kept-alive connection would keep the node from closing.
    app.addHook('onSend', (_request, reply, _payload, done) => {
      if (isDraining) reply.header('connection', 'close')
      done()
    })
    // An upgrade that is refused here has not reached the WebSocket plugin, which would end its connection.
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
 * Tracks which connections have running requests. Node.js itself closes only connections that are idle after a request. One
 * that never sent a request (browsers open such ahead), sent half of one, or does not read its answer would keep the server
 * open.
 */
function trackConnections() {
  const requests = new Map<Socket, number>()
  let timer: NodeJS.Timeout | undefined

  function closeIdle(idleBefore: Set<Socket>): Set<Socket> {
    const idle = new Set([...requests].flatMap(([socket, count]) => (count === 0 ? socket : [])))
    for (const socket of idle) if (idleBefore.has(socket)) socket.destroySoon()
    return idle
  }

  /** One listener for all: a closure for each would be a part of what an idle socket costs. */
  function forget(this: Socket): void {
    requests.delete(this)
  }

  return {
    /** Also called for a known connection: after an ignored upgrade the server begins with it anew. */
    add(socket: Socket): void {
      if (requests.has(socket)) return
      requests.set(socket, 0)
      socket.on('close', forget)
    },
    /** Returns whether the end of the request must be reported, too. */
    begin({ socket }: IncomingMessage): boolean {
      const count = requests.get(socket)
      if (count !== undefined) requests.set(socket, count + 1)
      return count !== undefined
    },
    end({ socket }: IncomingMessage): void {
      const count = requests.get(socket)
      if (count !== undefined) requests.set(socket, count - 1)
    },
    /**
     * Closes connections as their requests end, and cuts the others at the deadline. A WebSocket counts as a request until
     * it ends.
     */
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
