import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import helmet from 'helmet'
import { errorHeaders, notFound, RequestError, toRequestError } from '../errors.js'
import { JSON_TYPE } from '../http.js'

/** What every answer has: a request id, no caching, headers for browsers, and on failure the one error body. */
export const answersPlugin = plugin(
  async (app) => {
    app.addHook('onRequest', (request, reply, done) => {
      reply.headers(headersOf(request))
      done()
    })
    app.addHook('onResponse', (request, reply, done) => {
      request.log.debug({ req: request, statusCode: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'answered')
      done()
    })
    app.server.on('checkExpectation', answerExpectation)
    app.setErrorHandler(answerError)
    app.setNotFoundHandler((request, reply) => answerError(notFound(), request, reply))
  },
  { name: 'answers' },
)

/** Helmet's headers, which are the same on every answer. */
const securityHeaders = readSecurityHeaders()

function readSecurityHeaders(): Record<string, string> {
  const headers: Record<string, string> = {}
  const response = {
    setHeader: (name: string, value: string) => (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  }
  helmet()({} as IncomingMessage, response as unknown as ServerResponse, () => undefined)
  return headers
}

const headersOf = ({ id }: FastifyRequest) => ({ ...securityHeaders, 'x-request-id': id, 'cache-control': 'no-store' })

/** Sends a failure in the standard body. Faults of ours are logged, refusals are not. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = toRequestError(error)
  if (refusal.statusCode >= 500 && !(error instanceof RequestError)) {
    request.log[refusal.statusCode === 503 ? 'warn' : 'error']({ err: error }, refusal.message)
  }
  reply.code(refusal.statusCode).headers(errorHeaders(refusal)).send(refusal.body)
}

/** Fails before there is a route: a URL that cannot be decoded, say. No hook has run yet. */
export function answerFrameworkError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(headersOf(request))
  answerError(error, request, reply)
}

/** Fails before the framework sees the request: it asks for a protocol feature that nobody has. */
function answerExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const headers = { 'content-type': JSON_TYPE, 'x-request-id': createRequestId(), 'cache-control': 'no-store' }
  response.writeHead(417, headers).end(JSON.stringify({ success: false, message: 'Expectation Failed' }))
}

/** Fails before there is a request: what came is not HTTP, or its headers are too large or too slow. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const statuses: Record<string, string> = {
    HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
    ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  }
  const status = statuses[error.code ?? ''] ?? '400 Bad Request'
  const body = JSON.stringify({ success: false, message: status.slice(4) })
  const head = [
    `HTTP/1.1 ${status}`,
    `Content-Type: ${JSON_TYPE}`,
    `Content-Length: ${body.length}`,
    `X-Request-Id: ${createRequestId()}`,
    'Cache-Control: no-store',
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

const startedAt = randomBytes(6).toString('base64url')
let requestCount = 0

/** Unique over nodes and restarts. */
export const createRequestId = () => `${startedAt}-${(requestCount++).toString(36)}`

/** A caller's own request id is kept when it is a plain one, so that logs can be followed across services. */
export function readRequestId({ headers }: { headers: Record<string, string | string[] | undefined> }): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : createRequestId()
}
