import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import helmet from 'helmet'
import { notFound, RequestError } from '../errors/request-error.js'
import { answerExpectation } from './raw-answers.js'
import { errorHeaders, toRequestError } from './map-error.js'

/** Gives every answer a request id, no caching, headers for browsers, and on failure the standard error body. */
export const answersPlugin = plugin(
  async (app) => {
    app.addHook('onRequest', (request, reply, done) => {
      reply.headers(headersOf(request))
      done(isWithoutHost(request.raw) ? new RequestError(400, 'The Host header is missing') : undefined)
    })
    app.addHook('onResponse', (request, reply, done) => {
      logAnswer(request, reply)
      done()
    })
    app.server.on('checkExpectation', answerExpectation)
    app.setErrorHandler(answerError)
    app.setNotFoundHandler((request, reply) => answerError(notFound(), request, reply))
  },
  { name: 'answers' },
)

const logAnswer = (request: FastifyRequest, { statusCode, elapsedTime }: FastifyReply) =>
  request.log.debug({ req: request, statusCode, ms: Math.round(elapsedTime) }, 'answered')

/** RFC 9112 (3.2) demands a 400. The one of Node.js has no body. */
const isWithoutHost = ({ httpVersion, headers }: IncomingMessage) => httpVersion === '1.1' && headers.host === undefined

/**
 * Helmet's headers: the same on every answer, except those that bind a browser to HTTPS. (@fastify/helmet has one set for
 * both, and adds none to the answer to a URL that cannot be decoded, because no hook runs for it.)
 */
const plainHeaders = readSecurityHeaders(false)
const secureHeaders = readSecurityHeaders(true)

/**
 * An answer over plain HTTP must not send a browser to HTTPS, where the service may not listen. (Browsers exempt localhost
 * from `upgrade-insecure-requests`, so a page that breaks by it breaks on other hosts only.)
 */
function readSecurityHeaders(isSecure: boolean): Record<string, string> {
  const headers: Record<string, string> = {}
  const response = {
    setHeader: (name: string, value: string) => (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  }
  const setHeaders = helmet({
    strictTransportSecurity: isSecure,
    // Browsers ignore these two on plain HTTP, and complain.
    crossOriginOpenerPolicy: isSecure,
    originAgentCluster: isSecure,
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: isSecure ? [] : null } },
  })
  setHeaders({} as IncomingMessage, response as unknown as ServerResponse, () => undefined)
  return headers
}

const headersOf = ({ id, protocol }: FastifyRequest) => ({
  ...(protocol === 'https' ? secureHeaders : plainHeaders),
  'x-request-id': id,
  'cache-control': 'no-store',
})

/** A 429 is delayed: a client that retries at once would otherwise be refused thousands of times a second. */
const TOO_MANY_DELAY_MS = 100

/** Answers a failure with the standard body. Faults of the server are logged, refusals are not. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = toRequestError(error)
  if (refusal.statusCode >= 500 && !(error instanceof RequestError)) {
    request.log[refusal.statusCode === 503 ? 'warn' : 'error']({ err: error }, refusal.message)
  }
  const answer = () => void reply.code(refusal.statusCode).headers(errorHeaders(refusal)).send(refusal.body)
  if (refusal.statusCode === 429) setTimeout(answer, TOO_MANY_DELAY_MS)
  else answer()
}

/** Answers failures before routing, such as a URL that cannot be decoded. No hook has run yet. */
export function answerFrameworkError({ statusCode }: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({ ...headersOf(request), ...request.server.allowReading(request.headers.origin) })
  reply.raw.once('finish', () => {
    logAnswer(request, reply)
    request.server.requestCounts?.note(request.method, undefined, reply.statusCode, reply.elapsedTime)
  })
  // The connection of a handshake has no HTTP parser any more, and no hook closes it.
  if (request.raw.headers.upgrade !== undefined) {
    reply.header('connection', 'close')
    reply.raw.once('finish', () => request.raw.socket.destroySoon())
  }
  // Fastify's own message repeats the URL with its query.
  answerError(new RequestError(statusCode ?? 400, 'The URL is not valid'), request, reply)
}
