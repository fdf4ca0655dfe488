import { readText, type ReadPool } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import type { Range } from './find-hits.js'

/** Ids follow the times but for sends that race: so many ids beside a time may belong to the other side of it. */
const RACING_IDS = 10_000

export interface RangeInput {
  /** The newest message that is not asked for any more. */
  before?: number
  since?: Date
  until?: Date
}

/** Finds which ids can have been sent in a time. Undefined when there are none at all. */
export async function readRange(db: ReadPool, { before, since, until }: RangeInput): Promise<Range | undefined> {
  const [newest, first, last] = await Promise.all([
    readText(db, Prisma.sql`select max(message_id)::text from chat_message_search`),
    since && readFirstId(db, since),
    until && readFirstId(db, until),
  ])
  if (newest == null) return undefined
  const range = {
    from: Math.max(0, (first ?? 0) - RACING_IDS),
    before: Math.min(before ?? Infinity, Number(newest) + 1, (last ?? Infinity) + RACING_IDS),
    since: since ?? new Date(0),
    until: until ?? new Date(Date.UTC(9999, 11, 31)),
    end: Number(newest) + 1,
  }
  return range.from < range.before ? range : undefined
}

/** Finds the first id that was sent at a time or later, by halving: there is no index of the times. */
async function readFirstId(db: ReadPool, at: Date): Promise<number> {
  const found = await readText(
    db,
    Prisma.sql`
    with recursive step (low, high) as (
      select 0::bigint, coalesce((select max(message_id) from chat_message_search), 0) + 1
      union all
      select case when probe.created < ${at} then probe.message_id + 1 else low end,
        case when probe.created < ${at} then high else middle end
      from step cross join lateral (select (low + high) / 2 as middle) half
      cross join lateral (
        select message_id, created from chat_message_search where message_id >= middle order by message_id limit 1
      ) probe
      where low < high
    )
    select max(low)::text from step`,
  )
  return Number(found ?? 0)
}
