import { readText, type ReadPool } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import { blockOf, coverBlocks, firstIdOf } from './places.js'
import { toPattern, type Question } from './question.js'

/** Which messages are searched, newest first. */
export interface Range {
  /** The ids: from the first one up to, and without, the last one. */
  from: number
  before: number
  /** When they were sent. */
  since: Date
  until: Date
}

export interface Hits {
  /** Ids of messages, newest first: at most one more than asked for. */
  ids: number[]
  /** Where the search ended because it took too long: what is older has not been looked at. */
  interruptedAt?: number
}

export interface Matching {
  language: string
  hasParts: boolean
  question: Question
}

/** Parts that the index is asked for; the others are looked for in what it finds. */
const INDEXED_PARTS = 3

/** SQL: whether a row of chat_message_search, with the alias `t`, matches. */
export function matches({ language, hasParts, question: { text, parts } }: Matching): Prisma.Sql {
  const config = Prisma.raw(`'${language}'::regconfig`)
  const hasWords = Prisma.sql`to_tsvector(${config}, t.content) @@ websearch_to_tsquery(${config}, ${text})`
  if (!hasParts || parts.length === 0) return hasWords
  const conditions = parts.slice(0, INDEXED_PARTS).map((part) => Prisma.sql`t.content ilike ${toPattern(part)}`)
  const others = parts.slice(INDEXED_PARTS)
  if (others.length > 0) conditions.push(Prisma.sql`t.content ilike all(${others.map(toPattern)}::text[])`)
  // What the trigrams find is checked. The parts come first: the words of a text take longer.
  return Prisma.sql`((${Prisma.join(conditions, ' and ')}) or ${hasWords})`
}

/**
 * Whether the index leads to the messages. If no part that it is asked for has three letters or digits in a row, all texts
 * are looked at.
 */
export const isIndexed = ({ hasParts, question: { parts } }: Matching) =>
  !hasParts || parts.length === 0 || parts.slice(0, INDEXED_PARTS).some((part) => /[\p{L}\p{N}]{3}/u.test(part))

/**
 * SQL of the ids of matching messages, newest first, and how many there are in any scope, as one JSON text. `where`: a condition that the index answers beside
 * the words. `scope`: which sessions, with the alias `s`. The ids of the range are no condition of an index: the primary key
 * would lead through all messages.
 */
const selectHits = (match: Prisma.Sql, where: Prisma.Sql, scope: Prisma.Sql, range: Range, most: number) => Prisma.sql`
  with found as materialized (
    select t.message_id, t.session_id from chat_message_search t
    where ${match} and ${where} and t.message_id + 0 >= ${range.from} and t.message_id + 0 < ${range.before}
      and t.created + interval '0' >= ${range.since} and t.created + interval '0' < ${range.until}
  )
  select json_build_array((select count(*) from found), coalesce(json_agg(hit.message_id), '[]'))::text from (
    select f.message_id from (select * from found order by message_id desc) f
    join chat_session s on s.id = f.session_id
    where ${scope} and exists (select from chat_message where id = f.message_id)
    order by f.message_id desc limit ${most}
  ) hit`

/** Searches a few sessions, whose messages the index leads to. */
export async function findInSessions(
  db: ReadPool,
  { match, scope, range, limit }: Search,
  sessionIds: number[],
): Promise<Hits> {
  const where = Prisma.sql`array[t.session_id] && ${sessionIds}::bigint[]`
  const [, ids] = await readFound(db, selectHits(match, where, scope, range, limit + 1))
  return { ids }
}

export interface Search {
  match: Prisma.Sql
  isIndexed: boolean
  scope: Prisma.Sql
  range: Range
  limit: number
}

/** A portion of the history that is searched by one statement, in blocks. */
const FIRST_PORTION = 1
/** A statement names a thousand sections then. */
const LARGEST_PORTION = 65_536
/** How many messages a statement is to look at. The next one takes more or less of the history, so that it does. */
const TARGET_MESSAGES = 2000
const LARGEST_GROWTH = 16
/** A statement of this duration is not to be followed by one that looks at more, however little it has found. */
const LONG_STATEMENT_MS = 300
/** When a search ends, whatever it has found. */
const LONGEST_SEARCH_MS = 1000

/**
 * Searches the history from its newest messages on, in portions, until it has found enough. A search that takes too long
 * ends with what it has, and can go on from there.
 */
export async function findInHistory(db: ReadPool, search: Search): Promise<Hits> {
  const { match, scope, range, limit } = search
  const startedAt = performance.now()
  const ids: number[] = []
  const first = blockOf(range.from)
  let last = blockOf(range.before - 1)
  let portion = FIRST_PORTION
  while (last >= first) {
    const portionAt = performance.now()
    const from = Math.max(first, last - portion + 1)
    const where = Prisma.sql`array[t.message_id >> 12, -1 - (t.message_id >> 18)] && ${coverBlocks(from, last)}::bigint[]`
    const [found, more] = await readFound(db, selectHits(match, where, scope, range, limit + 1 - ids.length))
    ids.push(...more)
    if (ids.length > limit) break
    last = from - 1
    if (last >= first && performance.now() - startedAt > LONGEST_SEARCH_MS)
      return { ids, interruptedAt: firstIdOf(from) }
    if (search.isIndexed) portion = adaptPortion(portion, found, performance.now() - portionAt)
  }
  return { ids }
}

function adaptPortion(portion: number, found: number, tookMs: number): number {
  const mostGrowth = tookMs > LONG_STATEMENT_MS ? LONG_STATEMENT_MS / tookMs : LARGEST_GROWTH
  const growth = Math.min(TARGET_MESSAGES / Math.max(found, 1), mostGrowth)
  return Math.min(Math.max(1, Math.floor(portion * growth)), LARGEST_PORTION)
}

/** How many messages match, and the ids of the newest ones in scope. */
async function readFound(db: ReadPool, statement: Prisma.Sql): Promise<[found: number, ids: number[]]> {
  return JSON.parse((await readText(db, statement)) ?? '[0, []]') as [number, number[]]
}
