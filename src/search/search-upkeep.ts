import { openConnection, type ConnectionTarget } from '../database/connection-pool.js'
import type { Database } from '../database/database.js'
import { isPermissionDenied, isStatementTimeout } from '../database/failures.js'
import { unavailable } from '../errors/request-error.js'
import { startConsumerLoop } from '../event-log/consumer-loop.js'
import { readProgress } from '../event-log/take-turn.js'
import { createSearchFill } from './fill-search.js'
import { buildIndex, findIndex, type SearchIndex } from './search-index.js'

interface UpkeepOptions {
  db: Database
  language: string
  longestStatementMs: number
  /** A connection that may create indexes. */
  target: ConnectionTarget
  /** Told each reason once: why searches find less than they could, or nothing. */
  onLack: (reason: string) => void
  /** A turn of the fill took too long. The next one copies so many messages at most. */
  onSlowFill: (mostMessages: number) => void
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
/** A build that has failed is tried again after this time, if searches have an index meanwhile. */
const BUILD_PAUSE_MS = 300_000

const reasons = {
  words: 'the extension pg_trgm is missing: the search finds whole words only',
  denied: 'the role may not create the index of the search: messages cannot be searched. Set MIGRATION_DATABASE_URL.',
  slow: 'the role may not create the indexes of the terms: parts of words are found slowly. Set MIGRATION_DATABASE_URL.',
  busy: 'the index of the search waits for a build that another connection has under way',
  cancelled: 'the build of the search index was cancelled. It is tried again.',
  replaced: 'a node with another SEARCH_LANGUAGE has replaced the index: messages cannot be searched by this node',
}

/**
 * Builds the index of the language that is set, unless it is there, and fills the table of the search from then on. The index
 * is built once: when another node, of another language, replaces it, this one does not take it back, and its searches are
 * refused.
 */
export function startSearchUpkeep(options: UpkeepOptions): SearchUpkeep {
  const { db, language, longestStatementMs, target, onLack, onSlowFill, onError } = options
  const fillSearch = createSearchFill(db, longestStatementMs, onSlowFill)
  const toldLacks = new Set<string>()
  let index: SearchIndex | undefined
  let progress = 0
  let mayBuild = true
  let buildAt = 0
  /** Why there is no index when this node does not build it. */
  let lack = reasons.replaced
  let isClosed = false
  let building: { end(): Promise<void> } | undefined

  function tellLack(reason: string): void {
    if (!toldLacks.has(reason)) onLack(reason)
    toldLacks.add(reason)
  }

  async function turn(): Promise<void> {
    index = await findIndex(db, language)
    // With an index of an earlier version, searches go on during the build, which takes minutes.
    await updateProgress()
    if (index?.isComplete === true) mayBuild = false
    if (mayBuild && performance.now() >= buildAt) await build()
    else if (index === undefined && !mayBuild) tellLack(lack)
    if (index?.hasParts === false) tellLack(reasons.words)
    await fillSearch()
    await updateProgress()
  }

  async function updateProgress(): Promise<void> {
    if (progress < 100) progress = await readProgress(db, 'search')
  }

  async function build(): Promise<void> {
    const client = await openConnection(target)
    building = client
    try {
      if (isClosed) return
      if (!(await buildIndex(client, language))) tellLack(reasons.busy)
    } catch (error) {
      if (isStatementTimeout(error)) tellLack(reasons.cancelled)
      if (isPermissionDenied(error)) {
        mayBuild = false
        lack = reasons.denied
        tellLack(index === undefined ? lack : reasons.slow)
      } else {
        // With an index of an earlier version, messages are still found if the table is filled.
        if (index === undefined || isClosed) throw error
        buildAt = performance.now() + BUILD_PAUSE_MS
        onError(error)
      }
    } finally {
      building = undefined
      await client.end()
    }
    index = await findIndex(db, language)
  }

  const loop = startConsumerLoop({ name: 'search', intervalMs: INTERVAL_MS, turn, onError })
  return {
    requireIndex() {
      if (index === undefined) throw unavailable('The search is being prepared')
      if (progress < 100) throw unavailable(`The search is being prepared: ${progress} %`)
      return index
    },
    async close() {
      isClosed = true
      const closed = loop.close()
      await building?.end()
      await closed
    },
  }
}
