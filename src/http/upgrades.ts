import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http'
import type { Duplex } from 'node:stream'
import plugin from 'fastify-plugin'
import { refuseOnSocket, whenAnswered } from './raw-answers.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Emits `upgrade` for WebSocket handshakes only. It never listens. */
    handshakes: Server
  }
}

/**
 * Whether a request asks for a WebSocket. RFC 9110 (7.8) allows ignoring every other `Upgrade`, and demands it for
 * HTTP/1.0. Java's HTTP client, for example, offers `h2c` with ordinary requests.
 */
const isHandshake = ({ method, httpVersion, headers }: IncomingMessage) =>
  method === 'GET' && httpVersion === '1.1' && headers.upgrade?.toLowerCase() === 'websocket'

/** Since Node.js 25 the body of an upgrade is parsed and cannot be handed back: such an upgrade is declined. */
const parsesUpgradeBodies = Number.parseInt(process.versions.node) >= 25

export const serverOptions: ServerOptions & { shouldUpgradeCallback?: (request: IncomingMessage) => boolean } = {
  // The refusal by Node.js of a request without a Host has no body; `answersPlugin` refuses it instead.
  requireHostHeader: false,
  ...(parsesUpgradeBodies && { shouldUpgradeCallback: (request) => isHandshake(request) || !hasBody(request) }),
}

const isDeclined = (request: IncomingMessage) =>
  parsesUpgradeBodies && request.headers.upgrade !== undefined && !isHandshake(request) && hasBody(request)

const hasBody = ({ headers }: IncomingMessage) =>
  headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined

/**
 * Passes WebSocket handshakes to `handshakes`, and every other upgrade back to the HTTP server as an ordinary request: with
 * a listener, Node.js emits `upgrade` for every `Upgrade` header. (Declining them by the `shouldUpgradeCallback` of Node.js
 * 24.9 does not help: Node.js then drops the requests that are pipelined behind one.)
 */
export const upgradesPlugin = plugin(
  async (app) => {
    const handshakes = createServer()
    const handedOver = new WeakSet<IncomingMessage>()
    app.decorate('handshakes', handshakes)
    // Replayed requests keep all headers; their total size is limited.
    app.server.maxHeadersCount = 0

    app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      whenAnswered(socket, () => {
        if (isHandshake(request)) {
          handedOver.add(request)
          handshakes.emit('upgrade', request, socket, head)
        } else {
          replay(app.server, request, socket, head)
        }
      })
    })
    app.server.on('connect', (request: IncomingMessage, socket: Duplex) => {
      whenAnswered(socket, () => refuseOnSocket(socket, 501, { request }))
    })

    // The connection of a handshake has no HTTP parser any more: nothing can follow a refusal. Behind a declined upgrade,
    // Node.js drops what was pipelined.
    app.addHook('onRequest', ({ raw }, reply, done) => {
      if (raw.headers.upgrade !== undefined && (handedOver.has(raw) || isDeclined(raw)))
        reply.header('connection', 'close')
      done()
    })
    app.addHook('onResponse', ({ raw }, _reply, done) => {
      if (raw.headers.upgrade !== undefined && handedOver.has(raw)) raw.socket.destroySoon()
      done()
    })
  },
  { name: 'upgrades' },
)

/** Answers a handshake that `ws` rejects with the standard body; `ws` itself would write HTML. */
export function refuseHandshake({ message }: Error, socket: Duplex, request: IncomingMessage): void {
  refuseOnSocket(socket, 400, { message, request, headers: { 'Sec-WebSocket-Version': '13' } })
}

/** Puts a request back onto its connection without the `Upgrade` header, so that the server reads it again. */
function replay(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let place = 0; place < rawHeaders.length; place += 2) {
    const name = rawHeaders[place] ?? ''
    if (name.toLowerCase() !== 'upgrade') lines.push(`${name}: ${rawHeaders[place + 1]}`)
  }
  // Node.js decodes headers as Latin-1.
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  server.emit('connection', socket)
}
