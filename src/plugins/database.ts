import plugin from 'fastify-plugin'
import type { Config } from '../config/config.js'
import {
  openDatabase,
  openReadPool,
  type Database,
  type DatabaseOptions,
  type OpenedReadPool,
} from '../database/database.js'
import { createHistoryReader, type HistoryReader } from '../database/replicas/history-reader.js'
import { openReplicas, type Replicas } from '../database/replicas/replicas.js'
import type { SessionSettings } from '../database/session-settings.js'

declare module 'fastify' {
  interface FastifyInstance {
    db: Database
    /** Opens connections for statements that read much. They are counted, logged and traced as those of `db` are. */
    openReadPool(limits: ReadPoolLimits, settings?: SessionSettings): OpenedReadPool
    /** Undefined without DATABASE_REPLICA_URL. */
    replicas: Replicas | undefined
    history: HistoryReader
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

    const { databaseReplicaUrls: replicaUrls } = config
    const listen = (replica: number) => ({
      onDown: (err: unknown) => app.log.warn({ err, replica }, 'a replica is out of use; the primary answers instead'),
      onUp: () => app.log.info({ replica }, 'a replica is in use again'),
    })
    const replicas =
      replicaUrls.length > 0 ? await openReplicas({ ...options, replicaUrls, primary: db, listen }) : undefined
    app.decorate('replicas', replicas)
    app.decorate('history', createHistoryReader(db, replicas))
    // Hooks run last to first: before the primary is closed, which is asked about them.
    app.addHook('onClose', () => replicas?.close())
  },
  { name: 'database' },
)
