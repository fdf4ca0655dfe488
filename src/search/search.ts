import { readText, type ReadPool } from '../database/database.js'
import { isStatementTimeout } from '../database/failures.js'
import { invalidInput, unavailable } from '../errors/request-error.js'
import { Prisma } from '../generated/prisma/client.js'
import type { Account } from '../protocol/account.js'
import { PAGE_SIZE } from '../protocol/schemas/paging.js'
import type { SearchPage } from '../protocol/schemas/search.js'
import { encodeCursor, readCursor } from '../sessions/list-items.js'
import { readMoment } from '../times/read-moment.js'
import { findInHistory, findInSessions, type Hits, type Search } from './find-hits.js'
import { isIndexed, listConditions, listIndexedParts } from './matching.js'
import { readQuestion, type Question } from './question.js'
import type { HitReader } from './read-hits.js'
import { readRange } from './read-range.js'
import { createScope, readFewSessions, type ScopeInput } from './session-scope.js'
import { findTerms } from './terms.js'

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
  /** Whether the terms of all messages are known. */
  hasTerms: boolean
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
  const asked = { ...deps, question: readQuestion(query.q) }
  const input = { admin, ...(query.store_id !== undefined && { storeId: query.store_id }) }
  try {
    const { ids, interruptedAt } = await findHits(asked, input, query, limit)
    const page = ids.slice(0, limit)
    const data = await deps.readHits(page, createScope(input), asked.question)
    const next = ids.length > limit ? page.at(-1) : interruptedAt
    return { data, next_cursor: next === undefined ? null : encodeCursor(String(next)) }
  } catch (error) {
    if (isStatementTimeout(error)) throw unavailable('The search takes too long. Ask for more words, or a shorter time')
    throw error
  }
}

type Asked = SearchDeps & { question: Question }

async function findHits(
  asked: Asked,
  input: ScopeInput,
  { from, to, cursor }: SearchQuery,
  limit: number,
): Promise<Hits> {
  const { db } = asked
  const [before] = readCursor(cursor, 1)
  const [range, few, how] = await Promise.all([
    readRange(db, {
      ...(before !== undefined && { before }),
      ...(from !== undefined && { since: readMoment('from', from) }),
      ...(to !== undefined && { until: readMoment('to', to) }),
    }),
    readFewSessions(db, input),
    readMatching(asked),
  ])
  if (range === undefined || few?.length === 0) return { ids: [] }
  const search = { ...how, scope: createScope(input), range, limit }
  return few === undefined ? findInHistory(db, search) : findInSessions(db, search, few)
}

/** Decides how the index is asked. */
async function readMatching(asked: Asked): Promise<Pick<Search, 'conditions' | 'isIndexed' | 'isSelective'>> {
  const parts = listIndexedParts(asked)
  const terms = asked.hasTerms ? await findTerms(asked.db, parts) : new Map<string, string[]>()
  const matching = { ...asked, terms }
  return {
    conditions: listConditions(matching),
    isIndexed: isIndexed(matching),
    isSelective: parts.length > 0 ? isIndexed(matching) : await hasSelectiveWords(asked),
  }
}

/**
 * Of a question without a single word, such as one of punctuation or of stop words, only the parts can be found.
 * @returns whether the index leads to the words, rather than to all messages without some
 * @throws RequestError 400
 */
async function hasSelectiveWords({ db, language, question }: Asked): Promise<boolean> {
  const config = Prisma.raw(`'${language}'::regconfig`)
  const tree = await readText(db, Prisma.sql`select querytree(websearch_to_tsquery(${config}, ${question.text}))`)
  if (tree === '') throw invalidInput([{ field: 'q', message: 'has no word to search for' }])
  return tree !== 'T'
}
