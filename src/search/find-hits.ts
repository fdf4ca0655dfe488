import { readText, type ReadPool } from '../database/database.js'
import { isStatementTimeout } from '../database/failures.js'
import { Prisma } from '../generated/prisma/client.js'
import type { Condition } from './matching.js'
import { blockOf, coverBlocks, firstIdOf } from './places.js'

/** Which messages are searched, newest first. */
export interface Range {
  /** The ids: from the first one up to, and without, the last one. */
  from: number
  before: number
  /** When they were sent. */
  since: Date
  until: Date
  /** Above the ids of all messages, also of those out of the range. */
  end: number
}

export interface Hits {
  /** Ids of messages, newest first: at most one more than asked for. */
  ids: number[]
  /** Where the search ended because it took too long: what is older has not been looked at. */
  interruptedAt?: number
}

/**
 * SQL of how many messages the index leads to, in any scope and range, and of the ids of those that match in scope and range, newest first, as one JSON
 * text. `where` is a condition for the index. The range is applied afterwards: with it, the planner might choose the primary
 * key, which leads through all messages. The statement stops after `maxFound` messages, which may be any; its ids are not
 * usable then. The limit is outside of the materialized part, so that the planner does not prefer to scan the table for it.
 */
function selectHits(
  { conditions, scope, range }: Search,
  where: Prisma.Sql,
  most: number,
  maxFound?: number,
): Prisma.Sql {
  const found = conditions.map(
    ({ index, check = Prisma.sql`true` }) => Prisma.sql`
    select t.message_id, t.session_id, t.created, ${check} as is_match from chat_message_search t where ${index} and ${where}`,
  )
  // Each condition may find the same message.
  const maxRows = maxFound === undefined ? null : maxFound * conditions.length
  return Prisma.sql`
  with found as materialized (${Prisma.join(found, ' union all ')}
  ), counted as materialized (
    select message_id, session_id, created, bool_or(is_match) as is_match
    from (select * from found limit ${maxRows}) taken group by message_id, session_id, created
  )
  select json_build_array((select count(*) from counted), coalesce(json_agg(hit.message_id), '[]'))::text from (
    select f.message_id from (
      select * from counted where is_match and message_id >= ${range.from} and message_id < ${range.before}
        and created >= ${range.since} and created < ${range.until}
      order by message_id desc
    ) f
    join chat_session s on s.id = f.session_id
    where ${scope} and exists (select from chat_message where id = f.message_id)
    order by f.message_id desc limit ${most}
  ) hit`
}

/** Searches a few sessions, whose messages the index leads to. */
export async function findInSessions(db: ReadPool, search: Search, sessionIds: number[]): Promise<Hits> {
  const where = Prisma.sql`array[t.session_id] && ${sessionIds}::bigint[]`
  const [, ids] = await readFound(db, selectHits(search, where, search.limit + 1))
  return { ids }
}

export interface Search {
  /** A message matches if it fulfils one of them. */
  conditions: Condition[]
  isIndexed: boolean
  /** Whether the index leads to the matching messages, and not to all of them. */
  isSelective: boolean
  /** Which sessions, with the alias `s`. */
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
 * Searches the history from its newest messages on, in portions, until it has found enough. Where few messages match, it reads
 * all of the rest at once. A search that takes too long ends with what it has, and can go on from there.
 */
export async function findInHistory(db: ReadPool, search: Search): Promise<Hits> {
  const { range, limit } = search
  const startedAt = performance.now()
  const ids: number[] = []
  const first = blockOf(range.from)
  const newest = blockOf(range.before - 1)
  let last = newest
  let portion = FIRST_PORTION
  let found = 0
  let mayReadRest = search.isSelective
  while (last >= first) {
    const portionAt = performance.now()
    const from = Math.max(first, last - portion + 1)
    const where = Prisma.sql`array[t.message_id >> 12, -1 - (t.message_id >> 18)] && ${coverBlocks(from, last)}::bigint[]`
    const [count, more] = await readFound(db, selectHits(search, where, limit + 1 - ids.length))
    ids.push(...more)
    if (ids.length > limit) break
    found += count
    last = from - 1
    if (last >= first && performance.now() - startedAt > LONGEST_SEARCH_MS)
      return { ids, interruptedAt: firstIdOf(from) }
    if (search.isIndexed) portion = adaptPortion(portion, count, performance.now() - portionAt)
    const read = { blocks: newest - last, found, hits: ids.length }
    if (mayReadRest && last >= first && isRestSmall(read, portion, search)) {
      const rest = await findInRest(db, search, firstIdOf(from), limit + 1 - ids.length)
      if (rest !== undefined) return { ids: [...ids, ...rest] }
      mayReadRest = false
    }
  }
  return { ids }
}

function adaptPortion(portion: number, found: number, tookMs: number): number {
  const mostGrowth = tookMs > LONG_STATEMENT_MS ? LONG_STATEMENT_MS / tookMs : LARGEST_GROWTH
  const growth = Math.min(TARGET_MESSAGES / Math.max(found, 1), mostGrowth)
  return Math.min(Math.max(1, Math.floor(portion * growth)), LARGEST_PORTION)
}

/** How many matching messages are read at once, at most. They take about 20 ms. */
const MAX_REST_MATCHES = 10_000
/** How many matching messages are read in the time that the index needs for one more block. */
const MATCHES_PER_BLOCK = 20
/** Added to what was found, because less than usual may be found by chance. Where three are usual, none is found in 5 % of the cases. */
const CHANCE_MARGIN = 3

interface Read {
  blocks: number
  found: number
  hits: number
}

/** Whether few messages match in the whole history, by what was read of it, and the next portion is no better choice. */
function isRestSmall(read: Read, nextPortion: number, { range, limit }: Search): boolean {
  const expectedMatches = ((read.found + CHANCE_MARGIN) * (blockOf(range.end) + 1)) / read.blocks
  const expectedHits = read.hits * (1 + nextPortion / read.blocks)
  const isPortionCheap = expectedHits > limit && expectedMatches > MATCHES_PER_BLOCK * nextPortion
  return expectedMatches <= MAX_REST_MATCHES && !isPortionCheap
}

/**
 * Searches everything before a message. It reads all matching messages: the index takes longer to intersect them with blocks
 * than to list some thousands of them.
 * @returns undefined where many more match than was expected, or it takes too long
 */
async function findInRest(db: ReadPool, search: Search, before: number, most: number): Promise<number[] | undefined> {
  const rest = { ...search, range: { ...search.range, before } }
  try {
    const [found, ids] = await readFound(db, selectHits(rest, Prisma.sql`true`, most, MAX_REST_MATCHES))
    return found < MAX_REST_MATCHES ? ids : undefined
  } catch (error) {
    if (isStatementTimeout(error)) return undefined
    throw error
  }
}

/** How many messages match, and the ids of the newest ones in scope. */
async function readFound(db: ReadPool, statement: Prisma.Sql): Promise<[found: number, ids: number[]]> {
  return JSON.parse((await readText(db, statement)) ?? '[0, []]') as [number, number[]]
}
