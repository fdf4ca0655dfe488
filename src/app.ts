import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { LogController } from 'fastify'
import { meRoutes } from './accounts/me-routes.js'
import type { Config } from './config/config.js'
import { listSecrets } from './config/list-secrets.js'
import { deskRoutes } from './desk/desk-routes.js'
import { downloadRoutes } from './files/download-routes.js'
import { uploadRoutes } from './files/upload-routes.js'
import type { App } from './http/describe-route.js'
import { answerFrameworkError, answersPlugin } from './http/answers.js'
import { createUrlRewriter, readBasePath } from './http/public-url.js'
import { authenticationPlugin } from './plugins/authentication.js'
import { depsPlugin } from './plugins/deps.js'
import { corsPlugin } from './http/cors.js'
import { databasePlugin } from './plugins/database.js'
import { docsPlugin } from './http/docs.js'
import { drainingPlugin } from './http/connections/shutdown.js'
import { filesPlugin } from './plugins/files.js'
import { limitsPlugin } from './plugins/limits.js'
import { healthRoutes } from './http/health.js'
import { pipeliningPlugin } from './http/connections/pipelining.js'
import { smallChunksPlugin } from './http/connections/small-chunks.js'
import { listenersPlugin } from './http/connections/listeners.js'
import { inputPlugin } from './http/input.js'
import { createLogCounts } from './errors/limit-repeats.js'
import { createLoggerOptions } from './http/logging.js'
import { metricsPlugin } from './plugins/metrics.js'
import { pagesPlugin } from './plugins/pages.js'
import { answerBrokenRequest, readRequestId } from './http/raw-answers.js'
import { realtimePlugin } from './plugins/realtime.js'
import { pubsubPlugin } from './plugins/pubsub.js'
import { remindersPlugin } from './plugins/reminders.js'
import { reportsPlugin } from './plugins/reports.js'
import { searchPlugin } from './plugins/search.js'
import { tracingPlugin } from './plugins/tracing.js'
import { webhooksPlugin } from './plugins/webhooks.js'
import { routerOptions, unknownRoutesPlugin } from './http/unknown-routes.js'
import { serverOptions, upgradesPlugin } from './http/upgrades.js'
import { messageRoutes } from './messages/message-routes.js'
import { notificationRoutes } from './notifications/notification-routes.js'
import { adminSessionRoutes } from './sessions/admin-session-routes.js'
import { reportRoutes } from './reports/report-routes.js'
import { searchRoutes } from './search/search-routes.js'
import { transcriptRoutes } from './transcripts/transcript-routes.js'
import { platformRoutes } from './platform/platform-routes.js'
import { socketRoutes } from './realtime/websocket/socket-routes.js'
import type { PubSub } from './pubsub/pubsub.js'
import { storeSessionRoutes } from './sessions/store-session-routes.js'
import { describeWebhooks } from './webhooks/openapi.js'
import { compileRequestPart } from './http/validation.js'

/** 10,000 characters of content, each as two `\uXXXX` escapes, and the other fields. */
const LARGEST_BODY = 160 * 1024

/**
 * Builds a node on a migrated database. It has no state outside of itself, so two in one process are two nodes; without
 * Redis, give both a `pubsub` on one bus. `close()` ends everything that it opened.
 */
export async function buildApp(config: Config, services: { databaseUrl: string; pubsub?: PubSub }): Promise<App> {
  const basePath = readBasePath(config.publicUrl)
  const logs = createLogCounts()
  const app = Fastify({
    http: serverOptions,
    logger: createLoggerOptions(config.logLevel, { counts: logs, secrets: listSecrets(config) }),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: readRequestId,
    bodyLimit: LARGEST_BODY,
    trustProxy: config.trustProxy.length > 0 ? config.trustProxy : false,
    requestTimeout: 30_000,
    // The start waits for the database, which many nodes may ask at the same time.
    pluginTimeout: 60_000,
    // `GET store/session/` can create a session, so no HEAD routes are offered.
    exposeHeadRoutes: false,
    return503OnClosing: false,
    ...(basePath !== '' && { rewriteUrl: createUrlRewriter(basePath) }),
    routerOptions,
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerBrokenRequest,
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.setValidatorCompiler(compileRequestPart)
  // Compiling a serializer for each answer of each route would delay the start by more than it saves.
  app.setSerializerCompiler(() => JSON.stringify)

  await app.register(smallChunksPlugin)
  await app.register(pipeliningPlugin)
  await app.register(answersPlugin)
  await app.register(tracingPlugin, { config })
  await app.register(metricsPlugin, { config, databaseUrl: services.databaseUrl, logs })
  await app.register(corsPlugin, { origins: config.corsOrigins })
  await app.register(drainingPlugin)
  await app.register(upgradesPlugin)
  await app.register(unknownRoutesPlugin, { everywhere: config.corsOrigins.length > 0 ? ['OPTIONS'] : [] })
  await app.register(inputPlugin)
  await app.register(databasePlugin, { config, databaseUrl: services.databaseUrl })
  await app.register(pubsubPlugin, { config, pubsub: services.pubsub })
  await app.register(webhooksPlugin, { config })
  await app.register(remindersPlugin, { config })
  await app.register(limitsPlugin, { config })
  await app.register(authenticationPlugin, { jwt: config.jwt })
  await app.register(depsPlugin, { sessionCacheMb: config.sessionCacheMb, publicUrl: config.publicUrl })
  await app.register(filesPlugin, { config })
  await app.register(searchPlugin, { config, databaseUrl: services.databaseUrl })
  await app.register(reportsPlugin, { config })
  await app.register(realtimePlugin, { config })
  await app.register(docsPlugin, { publicUrl: config.publicUrl, webhooks: describeWebhooks() })
  await app.register(pagesPlugin, { config })

  await app.register(healthRoutes)
  await app.register(
    async (chat) => {
      await chat.register(storeSessionRoutes)
      await chat.register(adminSessionRoutes)
      await chat.register(deskRoutes)
      await chat.register(messageRoutes)
      await chat.register(uploadRoutes, { config })
      await chat.register(downloadRoutes)
      await chat.register(notificationRoutes)
      await chat.register(searchRoutes)
      await chat.register(transcriptRoutes)
      await chat.register(reportRoutes)
      await chat.register(socketRoutes, { config })
      await chat.register(meRoutes, { config })
      const { platformToken, limits } = config
      if (platformToken !== undefined) {
        await chat.register(platformRoutes, { prefix: '/platform', platformToken, ...limits })
      }
    },
    { prefix: '/v1/chat' },
  )
  // Last, so that its connections end first.
  await app.register(listenersPlugin)
  return app
}
