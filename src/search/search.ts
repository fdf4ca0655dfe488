import { readText, type ReadPool } from '../database/database.js'
import { isStatementTimeout } from '../database/failures.js'
import { invalidInput, unavailable } from '../errors/request-error.js'
import { Prisma } from '../generated/prisma/client.js'
import type { Account } from '../protocol/account.js'
import { PAGE_SIZE } from '../protocol/schemas/paging.js'
import type { SearchPage } from '../protocol/schemas/search.js'
import { encodeCursor, readCursor } from '../sessions/list-items.js'
import { readMoment } from '../times/read-moment.js'
import { findInHistory, findInSessions, isIndexed, matches, type Hits, type Matching } from './find-hits.js'
import { readQuestion } from './question.js'
import type { HitReader } from './read-hits.js'
import { readRange } from './read-range.js'
import { createScope, readFewSessions, type ScopeInput } from './session-scope.js'

export interface SearchQuery {
  q: string
  store_id?: number
  from?: string
  to?: string
  limit?: number
  cursor?: string
}

export interface SearchDeps {
  /** With a statement timeout of its own. */
  db: ReadPool
  language: string
  /** Whether parts of words are found, too. */
  hasParts: boolean
  readHits: HitReader
}

/**
 * Finds the messages that hold what is asked for, newest first, in the sessions that an admin may read at that moment. The
 * order is that of the ids: within a session that of the messages, between sessions that of the sends, but for those that race.
 * A page can be short, or even empty, and have a cursor nevertheless: then the search took too long, and goes on from there.
 * @throws RequestError 400 nothing to search for, or a cursor that is none · 503 a part of it took too long
 */
export async function searchMessages(
  deps: SearchDeps,
  admin: Pick<Account, 'id' | 'role'>,
  query: SearchQuery,
): Promise<SearchPage> {
  const { limit = PAGE_SIZE } = query
  const matching = { ...deps, question: readQuestion(query.q) }
  const input = { admin, ...(query.store_id !== undefined && { storeId: query.store_id }) }
  try {
    await requireWords(deps.db, matching)
    const { ids, interruptedAt } = await findHits(deps.db, matching, input, query, limit)
    const page = ids.slice(0, limit)
    const data = await deps.readHits(page, createScope(input), matching.question)
    const next = ids.length > limit ? page.at(-1) : interruptedAt
    return { data, next_cursor: next === undefined ? null : encodeCursor(String(next)) }
  } catch (error) {
    if (isStatementTimeout(error)) throw unavailable('The search takes too long. Ask for more words, or a shorter time')
    throw error
  }
}

/** Of a question without a single word, such as one of punctuation or of stop words, only the parts can be found. */
async function requireWords(db: ReadPool, { language, hasParts, question }: Matching): Promise<void> {
  if (hasParts && question.parts.length > 0) return
  const config = Prisma.raw(`'${language}'::regconfig`)
  const nodes = await readText(db, Prisma.sql`select numnode(websearch_to_tsquery(${config}, ${question.text}))::text`)
  if (nodes === '0') throw invalidInput([{ field: 'q', message: 'has no word to search for' }])
}

async function findHits(
  db: ReadPool,
  matching: Matching,
  input: ScopeInput,
  { from, to, cursor }: SearchQuery,
  limit: number,
): Promise<Hits> {
  const [before] = readCursor(cursor, 1)
  const [range, few] = await Promise.all([
    readRange(db, {
      ...(before !== undefined && { before }),
      ...(from !== undefined && { since: readMoment('from', from) }),
      ...(to !== undefined && { until: readMoment('to', to) }),
    }),
    readFewSessions(db, input),
  ])
  if (range === undefined || few?.length === 0) return { ids: [] }
  const search = { match: matches(matching), isIndexed: isIndexed(matching), scope: createScope(input), range, limit }
  return few === undefined ? findInHistory(db, search) : findInSessions(db, search, few)
}
