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
 * SQL of the ids of matching messages, newest first, as one JSON text. `where`: a condition that the index answers beside
 * the words. `scope`: which sessions, with the alias `s`. The ids of the range are no condition of an index: the primary key
 * would lead through all messages.
 */
const selectHits = (match: Prisma.Sql, where: Prisma.Sql, scope: Prisma.Sql, range: Range, most: number) => Prisma.sql`
  with found as materialized (
    select t.message_id, t.session_id from chat_message_search t
    where ${match} and ${where} and t.message_id + 0 >= ${range.from} and t.message_id + 0 < ${range.before}
      and t.created + interval '0' >= ${range.since} and t.created + interval '0' < ${range.until}
  )
  select coalesce(json_agg(hit.message_id), '[]')::text from (
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
  return { ids: await readIds(db, selectHits(match, where, scope, range, limit + 1)) }
}

export interface Search {
  match: Prisma.Sql
  scope: Prisma.Sql
  range: Range
  limit: number
}

/** What a statement is to take. The next one reads more or less of the history, so that it does. */
const TARGET_MS = 15
const LARGEST_CHANGE = 8
/** Blocks of one statement, which names a thousand sections then. */
const MOST_BLOCKS = 65_536
/** When a search ends, whatever it has found. */
const LONGEST_SEARCH_MS = 1000

/**
 * Searches the history from its newest messages on, in portions, until it has found enough. A search that takes too long
 * ends with what it has, and can go on from there.
 */
export async function findInHistory(db: ReadPool, { match, scope, range, limit }: Search): Promise<Hits> {
  const startedAt = performance.now()
  const ids: number[] = []
  const first = blockOf(range.from)
  let last = blockOf(range.before - 1)
  let size = 1
  while (last >= first) {
    const begunAt = performance.now()
    const from = Math.max(first, last - size + 1)
    const where = Prisma.sql`array[t.message_id >> 12, -1 - (t.message_id >> 18)] && ${coverBlocks(from, last)}::bigint[]`
    ids.push(...(await readIds(db, selectHits(match, where, scope, range, limit + 1 - ids.length))))
    const now = performance.now()
    if (ids.length > limit) break
    last = from - 1
    if (last >= first && now - startedAt > LONGEST_SEARCH_MS) return { ids, interruptedAt: firstIdOf(from) }
    const change = Math.min(Math.max(TARGET_MS / (now - begunAt), 1 / LARGEST_CHANGE), LARGEST_CHANGE)
    size = Math.min(Math.max(1, Math.floor(size * change)), MOST_BLOCKS)
  }
  return { ids }
}

async function readIds(db: ReadPool, statement: Prisma.Sql): Promise<number[]> {
  return JSON.parse((await readText(db, statement)) ?? '[]') as number[]
}
