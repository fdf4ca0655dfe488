import { rawOf, type Database } from '../../database/database.js'
import { Prisma } from '../../generated/prisma/client.js'

/** A session gets its id within this time of its `created`, or before it if the clock of another server is ahead. */
const SLACK = Prisma.raw(`interval '1 hour'`)

/** Sessions of a time: all have an id between two, and meet a condition. */
export interface IdRange {
  /** Exclusive. */
  after: number
  /** Exclusive. */
  before: number
  /** SQL over chat_session `s`, with its `and`; may be empty. */
  condition: Prisma.Sql
}

/** From `from` on and before `to`, in milliseconds since the epoch. */
export interface TimeRange {
  from?: number | undefined
  to?: number | undefined
}

const time = (ms: number) => Prisma.sql`to_timestamp(${ms}::float8 / 1000)`

/**
 * Finds the sessions that were created in a time. Ids grow with `created` within the slack,
 * so that bisecting the ids finds where the time begins and ends: an index on `created` would cost each new session more.
 */
export async function findCreatedRange(db: Database, { from, to }: TimeRange): Promise<IdRange> {
  const [after, before] = await Promise.all([
    from === undefined ? 0 : bisect(db, Prisma.sql`${time(from)} - ${SLACK}`, 'low'),
    to === undefined ? Number.MAX_SAFE_INTEGER : bisect(db, Prisma.sql`${time(to)} + ${SLACK}`, 'high'),
  ])
  const condition = Prisma.sql`
    ${from === undefined ? Prisma.empty : Prisma.sql`and s.created >= ${time(from)}`}
    ${to === undefined ? Prisma.empty : Prisma.sql`and s.created < ${time(to)}`}`
  return { after, before, condition }
}

/**
 * Finds a place among the ids where sessions of before a time end (`low`) and others begin (`high`). Each step looks at the
 * newest session of the lower half of what is left.
 */
async function bisect(db: Database, bound: Prisma.Sql, side: 'low' | 'high'): Promise<number> {
  const [row] = await rawOf(db).$queryRaw<{ id: bigint }[]>(Prisma.sql`
    with recursive step as (
      select 0::bigint as low, coalesce((select max(id) from chat_session), 0) + 1 as high
      union all
      select case when probe."isLater" then step.low else middle end,
        case when probe."isLater" then probe.id else step.high end
      from step cross join lateral (select (low + high) / 2 as middle) half left join lateral (
        select id, created >= ${bound} as "isLater" from chat_session
        where id > low and id <= middle order by id desc limit 1
      ) probe on true
      where high - low > 1
    )
    select ${Prisma.raw(side)} as id from step order by high - low limit 1`)
  return Number(row?.id ?? 0)
}
