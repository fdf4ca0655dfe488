import { setMaxListeners } from 'node:events'
import plugin from 'fastify-plugin'
import type { Config } from '../config/config.js'
import { findEpochExpressions } from '../database/epoch.js'
import { isDatabaseAway } from '../database/failures.js'
import { observeEvents } from '../event-log/observe-events.js'
import { createAttempts } from '../webhooks/delivery/attempt.js'
import { createAttemptCounts, type AttemptCounts } from '../webhooks/delivery/attempt-counts.js'
import { startDispatcher } from '../webhooks/delivery/dispatcher.js'
import { createPacer } from '../webhooks/delivery/pacer.js'
import { createEventReader } from '../webhooks/delivery/read-events.js'
import { createProgressSaver } from '../webhooks/delivery/save-progress.js'
import { createAddressPolicy } from '../webhooks/request/address-policy.js'
import { createPoster } from '../webhooks/request/post.js'
import { createNameResolver } from '../webhooks/request/resolve-name.js'
import type { ManualDelivery } from '../webhooks/routes/manual-delivery.js'

declare module 'fastify' {
  interface FastifyInstance {
    webhooks: ManualDelivery
    webhookAttempts: AttemptCounts
  }
}

/** Registered before whoever publishes: the dispatcher is told of what this node publishes. */
export const webhooksPlugin = plugin<{ config: Config }>(
  async (app, { config }) => {
    const { db, log } = app
    const { allowedCidrs, timeoutMs, retryDelaysMs } = config.webhooks
    const longestStatementMs = config.databaseStatementTimeoutMs
    const poster = createPoster({
      isAllowed: createAddressPolicy(allowedCidrs),
      resolveName: createNameResolver({ timeoutMs }),
      timeoutMs,
    })
    const epoch = await findEpochExpressions(db)
    const readEvents = createEventReader(db, (missing) => {
      log.warn(missing, 'events of a session are missing; webhooks go on without them')
    })
    const counts = createAttemptCounts()
    app.decorate('webhookAttempts', counts)
    const sending = { readEvents, attempt: createAttempts(poster, counts) }
    const dispatcher = startDispatcher({
      ...{ ...sending, counts, db, epoch, timeoutMs, retryDelaysMs, longestStatementMs },
      saveProgress: createProgressSaver(db, epoch),
      pacer: createPacer(),
      onError(error) {
        if (!isDatabaseAway(error)) log.error({ err: error }, 'webhooks')
      },
      onSlowSweep: (mostEvents) => log.warn({ mostEvents }, 'the sweep for webhooks took too long; it reads less now'),
    })
    app.pubsub = observeEvents(app.pubsub, (event) => {
      dispatcher.note('message' in event ? event.message : event.change)
    })
    const closing = new AbortController()
    // Each request under way listens.
    setMaxListeners(0, closing.signal)
    app.decorate('webhooks', { ...sending, db, longestStatementMs, wake: dispatcher.wake, signal: closing.signal })
    app.addHook('preClose', async () => closing.abort())
    app.addHook('onClose', async () => {
      await dispatcher.close()
      poster.close()
    })
  },
  { name: 'webhooks', dependencies: ['database', 'pubsub'] },
)
