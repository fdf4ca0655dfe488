import plugin from 'fastify-plugin'
import type { Config } from '../config/config.js'
import type { LogCounts } from '../errors/limit-repeats.js'
import type { MetricsServer } from '../metrics/metrics-server.js'
import type { RequestCounts } from '../metrics/request-counts.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Undefined without METRICS_PORT, and until the node is ready. */
    metrics: MetricsServer | undefined
    /** Undefined without METRICS_PORT. */
    requestCounts: RequestCounts | undefined
  }
}

/** Registered before all routes, because it counts their answers. */
export const metricsPlugin = plugin<{ config: Config; databaseUrl: string; logs: LogCounts }>(
  async (app, { config, databaseUrl, logs }) => {
    const { metrics: settings } = config
    app.decorate('metrics', undefined)
    app.decorate('requestCounts', undefined)
    if (settings === undefined) return
    // Whoever does without metrics does without the library, too.
    const { openMetrics } = await import('../metrics/open-metrics.js')
    const { createRequestCounts } = await import('../metrics/request-counts.js')
    const requests = createRequestCounts()
    app.requestCounts = requests
    app.addHook('onResponse', (request, reply, done) => {
      // A socket answers when it ends, hours later; sockets are counted by the hub.
      if (!request.ws || reply.statusCode >= 400) {
        requests.note(request.method, request.routeOptions.url, reply.statusCode, reply.elapsedTime)
      }
      done()
    })
    app.addHook('onReady', async () => {
      const { hub, commits, pubsub, limits, accountWork, db, replicas, webhookAttempts, mailCounts, jwtCounts } = app
      const sources = {
        ...{ requests, hub, commits, pubsub, limits, accountWork, db, replicas, logs },
        ...{ webhookAttempts, mailCounts, jwtCounts, uploads: app.files.counts },
      }
      app.metrics = await openMetrics(settings, { ...config, databaseUrl }, sources, (error) => {
        app.log.error({ err: error }, 'metrics')
      })
      app.log.info(`metrics at ${app.metrics.origin}/metrics`)
    })
    app.addHook('onClose', () => app.metrics?.close())
  },
  { name: 'metrics' },
)
