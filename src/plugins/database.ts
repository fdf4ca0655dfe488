import plugin from 'fastify-plugin'
import type { Config } from '../config/config.js'
import { openDatabase, openReadPool, type Database, type DatabaseOptions } from '../database/database.js'
import type { SessionSettings } from '../database/session-settings.js'

declare module 'fastify' {
  interface FastifyInstance {
    db: Database
    /** Opens connections for statements that read much. They are counted, logged and traced as those of `db` are. */
    openReadPool(limits: ReadPoolLimits, settings?: SessionSettings): ReturnType<typeof openReadPool>
  }
}

type ReadPoolLimits = Pick<DatabaseOptions, 'databasePoolSize' | 'databaseStatementTimeoutMs'>

export const databasePlugin = plugin<{ config: Config; databaseUrl: string }>(
  async (app, { config, databaseUrl }) => {
    const options: DatabaseOptions = {
      ...config,
      databaseUrl,
      tracing: app.tracing,
      onSlowStatement: ({ text, ms }) => app.log.warn({ statement: text, ms }, 'slow statement'),
    }
    const { db, close } = openDatabase(options)
    app.decorate('db', db)
    app.decorate('openReadPool', (limits, settings) =>
      openReadPool({ ...options, ...limits, counts: db.pool.counts }, settings),
    )
    app.addHook('onClose', close)
  },
  { name: 'database' },
)
