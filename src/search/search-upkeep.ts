import { openConnection, type ConnectionTarget } from '../database/connection-pool.js'
import type { Database } from '../database/database.js'
import { isPermissionDenied } from '../database/failures.js'
import { unavailable } from '../errors/request-error.js'
import { startConsumerLoop } from '../event-log/consumer-loop.js'
import { readProgress } from '../event-log/take-turn.js'
import { fillSearch } from './fill-search.js'
import { buildIndex, findIndex, type SearchIndex } from './search-index.js'

interface UpkeepOptions {
  db: Database
  language: string
  longestStatementMs: number
  /** A connection that may create indexes. */
  target: ConnectionTarget
  /** Told once: why searches find less than they could, or nothing. */
  onLack: (reason: string) => void
  onError: (error: unknown) => void
}

/** Keeps the index of the search, of all nodes one at a time. */
export interface SearchUpkeep {
  /**
   * Returns the index that searches can rely on.
   * @throws RequestError 503 while it is being built
   */
  requireIndex(): SearchIndex
  close(): Promise<void>
}

const INTERVAL_MS = 1000

/**
 * Builds the index of the language that is set, unless it is there, and fills the table of the search from then on. The index
 * is built once: when another node, of another language, replaces it, this one does not take it back, and its searches are
 * refused.
 */
export function startSearchUpkeep(options: UpkeepOptions): SearchUpkeep {
  const { db, language, longestStatementMs, target, onLack, onError } = options
  let index: SearchIndex | undefined
  let progress = 0
  let mayBuild = true
  let isLackTold = false
  let building: { end(): Promise<void> } | undefined

  function tellLack(reason: string): void {
    if (!isLackTold) onLack(reason)
    isLackTold = true
  }

  async function turn(): Promise<void> {
    index = await findIndex(db, language)
    if (index?.isComplete === true) mayBuild = false
    if (mayBuild) await build()
    if (index?.hasParts === false) tellLack('the extension pg_trgm is missing: the search finds whole words only')
    await fillSearch(db, longestStatementMs)
    if (progress < 100) progress = await readProgress(db, 'search')
  }

  async function build(): Promise<void> {
    const client = await openConnection(target)
    building = client
    try {
      await buildIndex(client, language)
    } catch (error) {
      if (!isPermissionDenied(error)) throw error
      mayBuild = false
      tellLack(
        'the role may not create the index of the search: messages cannot be searched. Set MIGRATION_DATABASE_URL.',
      )
    } finally {
      building = undefined
      await client.end()
    }
    index = await findIndex(db, language)
  }

  const loop = startConsumerLoop({ intervalMs: INTERVAL_MS, turn, onError })
  return {
    requireIndex() {
      if (index === undefined) throw unavailable('The search is being prepared')
      if (progress < 100) throw unavailable(`The search is being prepared: ${progress} %`)
      return index
    },
    async close() {
      const closed = loop.close()
      await building?.end()
      await closed
    },
  }
}
