import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { Type } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import type { RawData, WebSocket } from 'ws'
import { canBeToken, readAuthorization } from '../../accounts/tokens.js'
import type { Config } from '../../config/config.js'
import { forbidden, RequestError, tooMany } from '../../errors/request-error.js'
import { refusals, type App } from '../../http/describe-route.js'
import { Connection } from '../connections/connection.js'
import type { ConnectionDeps } from '../connections/connection-deps.js'
import { createFlushScheduler } from '../connections/flush-scheduler.js'
import { handleFrames, type FrameDeps } from './handle-frames.js'
import { noteHandshake, traceFrames } from './trace-frames.js'
import { createConnectionLimit } from '../connections/connection-limit.js'
import type { Side } from '../../protocol/account.js'
import { closeCodes } from '../../protocol/codes.js'

const querystring = Type.Object({
  token: Type.Optional(Type.String({ description: 'For clients that cannot set headers on a socket, like browsers.' })),
})

/** The WebSocket routes. A refusal comes before the upgrade, as an HTTP answer with the standard body. */
export async function socketRoutes(app: App, { config }: { config: Config }): Promise<void> {
  const { hub } = app
  const connectionLimit = createConnectionLimit(config.socketsPerAccount)
  // All sockets share their listeners: closures for each would be a large part of what an idle socket costs.
  const connectionOf = new WeakMap<WebSocket, Connection>()
  const deps: FrameDeps = {
    ...app.deps,
    limits: app.limits,
    hub,
    checkAccount: app.credentials.check,
    onFault: (error) => app.log.error({ err: error }, 'a frame failed'),
  }
  let connectionCount = 0
  const connectionDeps: ConnectionDeps = {
    limits: config.socketLimits,
    counts: hub.sockets,
    flushes: createFlushScheduler(),
    nextNumber: () => connectionCount++,
    handle: traceFrames(app.tracing, (connection, frames) => handleFrames(deps, connection, frames)),
  }

  for (const side of ['store', 'admin'] as const) {
    app.route({
      method: 'GET',
      url: `/ws/${side}/`,
      config: { opensSocket: true },
      schema: {
        tags: [side],
        summary: `Open the ${side}'s WebSocket`,
        description: 'The frames are described by the AsyncAPI document at `/docs/asyncapi.json`.',
        security: [{ token: [] }],
        querystring,
        response: refusals(400, 401, 403, 426, 429, 503),
      },
      onRequest: async (request) => {
        await authenticateUpgrade(request, side)
      },
      // Last before the upgrade: nothing can refuse it any more. What answers it leaves together with `ready`.
      preHandler: (request, _reply, done) => {
        if (request.ws) request.raw.socket.cork()
        done()
      },
      handler: async () => {
        throw new RequestError(426, 'This is a WebSocket')
      },
      wsHandler: (socket, request) => serve(socket, request),
    })
  }

  async function authenticateUpgrade(request: FastifyRequest, side: Side): Promise<void> {
    const { token: inQuery } = request.query as { token?: unknown }
    const queried = typeof inQuery === 'string' && canBeToken(inQuery) ? inQuery : undefined
    const account = await app.authenticate(readAuthorization(request.headers.authorization) ?? queried, request)
    if (account.side !== side) throw forbidden()
    if (!isOriginAllowed(request.headers, config.websocketOrigins)) throw forbidden('Origin not allowed')
    if (request.ws && !connectionLimit.take(account, request.raw.socket)) {
      hub.sockets.refusedByLimit++
      throw tooMany('Too many sockets for this account')
    }
    request.account = account
  }

  /** Adds the listeners before anything is awaited, so that no frame that the client sends at once is missed. */
  function serve(socket: WebSocket, request: FastifyRequest): void {
    const { account, raw, span } = request
    request.log.debug({ req: request, statusCode: 101 }, 'socket opened')
    forgetRequest(socket, raw)
    const connection = new Connection(socket, raw.socket, account, connectionDeps)
    connectionOf.set(socket, connection)
    if (span) noteHandshake(connection, span)
    connectionLimit.setOwner(raw.socket, connection)
    socket.on('error', endBroken)
    socket.on('message', takeFrame)
    socket.on('ping', notePing)
    socket.on('pong', notePong)
    socket.on('close', leave)
    const entering = hub.enter(connection).catch((error: unknown) => {
      app.log.warn({ err: error }, 'a socket could not be taken in')
      connection.close(closeCodes.ourFault, 'try again')
    })
    connection.begin(entering)
  }

  function takeFrame(this: WebSocket, data: RawData, isBinary: boolean): void {
    const connection = connectionOf.get(this)
    if (connection?.isOpen !== true) return
    connection.noteAlive()
    if (isBinary) connection.refuse(closeCodes.policy, 'frames are text')
    else if (mayGoOn(connection)) connection.take(data)
  }

  function endBroken(this: WebSocket): void {
    connectionOf.get(this)?.endBroken()
  }

  function notePing(this: WebSocket): void {
    const connection = connectionOf.get(this)
    connection?.noteAlive()
    if (connection) mayGoOn(connection)
  }

  /** An unsolicited pong counts as a frame. */
  function notePong(this: WebSocket): void {
    const connection = connectionOf.get(this)
    if (connection?.noteAlive() === false) mayGoOn(connection)
  }

  /** Counts a frame, of whatever kind. */
  function mayGoOn(connection: Connection): boolean {
    const isAllowed = connection.allowFrame()
    if (!isAllowed) connection.refuse(closeCodes.tooManyFrames, 'too many frames')
    return isAllowed
  }

  function leave(this: WebSocket): void {
    const connection = connectionOf.get(this)
    if (connection) hub.leave(connection)
  }
}

/**
 * The service's own pages are always allowed. They are recognised by the host alone: behind a proxy the scheme is unknown.
 */
function isOriginAllowed({ origin, host }: IncomingHttpHeaders, origins: string[]): boolean {
  if (origin === undefined || origins.length === 0 || origins.includes(origin)) return true
  return host !== undefined && [`http://${host}`, `https://${host}`].includes(origin)
}

/**
 * Releases the request that opened a socket. The plugin's error listener and the response it made for refusals would keep
 * it, with its headers, as long as the socket lives: most of what an idle socket costs.
 */
function forgetRequest(socket: WebSocket, request: IncomingMessage): void {
  socket.removeAllListeners('error')
  const connection = request.socket as Socket & { _httpMessage?: { detachSocket(socket: Socket): void } | null }
  connection._httpMessage?.detachSocket(connection)
}
