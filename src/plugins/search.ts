import plugin from 'fastify-plugin'
import type { Config } from '../config/config.js'
import { isDatabaseAway } from '../database/failures.js'
import { describeMigrationTarget } from '../database/startup/migrate.js'
import { StartupError } from '../errors/startup-error.js'
import { createHitReader } from '../search/read-hits.js'
import type { SearchDeps } from '../search/search.js'
import { knowsLanguage } from '../search/search-index.js'
import { startSearchUpkeep } from '../search/search-upkeep.js'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Returns what searches need.
     * @throws RequestError 503 while the index is being built
     */
    getSearchDeps(): SearchDeps
  }
}

/** Searches of all accounts that a node runs at once; each takes many short statements. */
const CONNECTIONS = 4
/** A statement of a search reads one portion of the history. */
const LONGEST_STATEMENT_MS = 2000

const SETTINGS = {
  /**
   * A plan for any words asks the index for those of the question, too. Of a word too short for a trigram, or a minus alone,
   * that reads the whole index, which takes seconds where there are millions of messages.
   */
  plan_cache_mode: 'force_custom_plan',
  /**
   * To the planner, each page of an index's pending list is a fetch from the disk, and looking at a text is one operation. A
   * long text takes milliseconds (measured). With the default of 4, all texts of a block may be looked at instead of the list.
   */
  random_page_cost: '0.1',
  // To start other processes takes longer than what they would do.
  max_parallel_workers_per_gather: '0',
}

/** The search: its index, kept in the background, and connections of its own. */
export const searchPlugin = plugin<{ config: Config; databaseUrl: string }>(
  async (app, { config, databaseUrl }) => {
    const { db, log } = app
    const { searchLanguage: language, migrationDatabaseUrl, databasePooler: pooler } = config
    if (!(await knowsLanguage(db, language))) {
      throw new StartupError(`SEARCH_LANGUAGE names no text search configuration of the database: ${language}`)
    }
    const reading = app.openReadPool(
      { databasePoolSize: CONNECTIONS, databaseStatementTimeoutMs: LONGEST_STATEMENT_MS },
      SETTINGS,
    )
    const upkeep = startSearchUpkeep({
      db,
      language,
      longestStatementMs: config.databaseStatementTimeoutMs,
      target:
        migrationDatabaseUrl === undefined
          ? describeMigrationTarget(databaseUrl, { pooler })
          : describeMigrationTarget(migrationDatabaseUrl, { setting: 'MIGRATION_DATABASE_URL' }),
      onLack: (reason) => log.warn(reason),
      onSlowFill: (mostMessages) =>
        log.warn({ mostMessages }, 'filling the search took too long; a turn copies less now'),
      onError(error) {
        if (!isDatabaseAway(error)) log.error({ err: error }, 'search')
      },
    })
    const readers = {
      parts: createHitReader(reading.db, language, true),
      words: createHitReader(reading.db, language, false),
    }
    app.decorate('getSearchDeps', () => {
      const { hasParts, hasTerms } = upkeep.requireIndex()
      return { db: reading.db, language, hasParts, hasTerms, readHits: hasParts ? readers.parts : readers.words }
    })
    app.addHook('onClose', async () => {
      await upkeep.close()
      await reading.close()
    })
  },
  { name: 'search', dependencies: ['database'] },
)
