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
    const { db, close } = openDatabase({ ...config, databaseUrl })
    app.decorate('db', db)
    app.addHook('onClose', close)
  },
  { name: 'database' },
)
