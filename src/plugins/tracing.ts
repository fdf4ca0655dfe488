import type { FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import type { Config } from '../config/config.js'
import { listSecrets } from '../config/list-secrets.js'
import { createSecretHider } from '../errors/hide-secrets.js'
import type { Span, SpanDescription, Tracing } from '../instruments/tracing.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Undefined while tracing is switched off. */
    tracing: Tracing | undefined
  }
  interface FastifyRequest {
    /** Undefined while tracing is switched off. */
    span: Span | undefined
  }
}

/** Traces every request, from the headers to the end of its answer; a handshake until its socket opens. */
export const tracingPlugin = plugin<{ config: Config }>(
  async (app, { config }) => {
    const { traces: settings } = config
    app.decorateRequest('span')
    if (settings === undefined) {
      app.decorate('tracing', undefined)
      return
    }
    // Loading the libraries takes longer than the rest of the start, and their memory stays.
    const { openTracing } = await import('../tracing/open-tracing.js')
    const { tracing, close } = await openTracing(settings, (error) => {
      app.log.warn({ err: error }, 'spans cannot be exported')
    })
    app.decorate('tracing', tracing)
    const hideSecrets = createSecretHider(listSecrets(config))

    app.addHook('onRequest', (request, reply, done) => {
      const { method, id } = request
      // The URL may contain a token or the id of a file, whoever knows which may read it.
      const route = request.routeOptions.url ?? 'unknown'
      request.span = tracing.begin({
        name: `${method} ${route}`,
        kind: 'server',
        attributes: { 'http.request.method': method, 'http.route': route, 'store_chat.request_id': hideSecrets(id) },
        ...relateToCaller(request),
      })
      reply.header('traceparent', request.span.traceparent)
      tracing.within(request.span, done)
    })
    // The body arrived outside of the context that the hooks before it ran in.
    app.addHook('preHandler', ({ span }, _reply, done) => {
      if (span) tracing.within(span, done)
      else done()
    })
    app.addHook('preHandler', ({ span, ws }, _reply, done) => {
      if (ws && span) endRequest(span, 101)
      done()
    })
    app.addHook('onResponse', ({ span }, reply, done) => {
      if (span) endRequest(span, reply.statusCode)
      done()
    })
    app.addHook('onClose', close)
  },
  { name: 'tracing' },
)

/**
 * A `traceparent` decides whether its trace is sampled, so only a proxy of TRUST_PROXY may have its trace continued. The
 * trace of anybody else is linked. `ips` begins with the peer; another address follows only if the peer is such a proxy.
 */
function relateToCaller({ headers, ips }: FastifyRequest): Pick<SpanDescription, 'parent' | 'links'> {
  const { traceparent } = headers
  if (typeof traceparent !== 'string') return { parent: 'none' }
  if (ips !== undefined && ips.length > 1) return { parent: traceparent }
  return { parent: 'none', links: [traceparent] }
}

function endRequest(span: Span, statusCode: number): void {
  span.set('http.response.status_code', statusCode)
  if (statusCode >= 500) span.fail(undefined)
  span.end()
}
