import plugin from 'fastify-plugin'
import type { Config } from '../config/config.js'
import { isDatabaseAway } from '../database/failures.js'
import { unavailable } from '../errors/request-error.js'
import { startConsumerLoop } from '../event-log/consumer-loop.js'
import { readProgress } from '../event-log/take-turn.js'
import type { ReportDeps } from '../reports/create-report.js'
import { createTimesDerivation } from '../reports/derive-times.js'
import { limitConcurrency } from '../reports/limit-concurrency.js'

declare module 'fastify' {
  interface FastifyInstance {
    reportDeps: ReportDeps
  }
}

const REPORTS_AT_ONCE = 1
const REPORTS_WAITING = 10
/** A report's total and its groups are counted at the same time. */
const CONNECTIONS = 2
/** A million times are sorted in this much memory. */
const MEMORY = '64MB'
const LONGEST_STATEMENT_MS = 10_000
const INTERVAL_MS = 1000

/** What reports are made of, kept in the background, and connections of their own. */
export const reportsPlugin = plugin<{ config: Config }>(
  async (app, { config }) => {
    const { db, log } = app
    const settings = { work_mem: MEMORY }
    const { db: reading, close } = app.openReadPool(
      { databasePoolSize: CONNECTIONS, databaseStatementTimeoutMs: LONGEST_STATEMENT_MS },
      settings,
    )
    const limits = { connections: CONNECTIONS, patienceMs: LONGEST_STATEMENT_MS }
    const replicas = app.replicas?.openReader(limits, settings)
    let progress = 0
    const deriveTimes = createTimesDerivation(db, config.databaseStatementTimeoutMs, (mostEvents) =>
      log.warn({ mostEvents }, 'deriving the times of reports took too long; a turn reads less now'),
    )
    const loop = startConsumerLoop({
      name: 'reports',
      intervalMs: INTERVAL_MS,
      async turn() {
        await deriveTimes()
        if (progress < 100) progress = await readProgress(db, 'reports')
      },
      onError(error) {
        if (!isDatabaseAway(error)) log.error({ err: error }, 'reports')
      },
    })
    app.decorate('reportDeps', {
      ...{ db, source: { reading, replicas } },
      runLimited: limitConcurrency(REPORTS_AT_ONCE, REPORTS_WAITING),
      requireTimes() {
        if (progress < 100) throw unavailable(`The reports are being prepared: ${progress} %`)
      },
    })
    app.addHook('onClose', async () => {
      await loop.close()
      await close()
    })
  },
  { name: 'reports', dependencies: ['database'] },
)
