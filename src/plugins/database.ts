import plugin from 'fastify-plugin'
import type { Config } from '../config/config.js'
import { openDatabase, type Database } from '../database/database.js'

declare module 'fastify' {
  interface FastifyInstance {
    db: Database
  }
}

export const databasePlugin = plugin<{ config: Config; databaseUrl: string }>(
  async (app, { config, databaseUrl }) => {
    const { db, close } = openDatabase({
      ...config,
      databaseUrl,
      tracing: app.tracing,
      onSlowStatement: ({ text, ms }) => app.log.warn({ statement: text, ms }, 'slow statement'),
    })
    app.decorate('db', db)
    app.addHook('onClose', close)
  },
  { name: 'database' },
)
