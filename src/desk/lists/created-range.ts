import { rawOf, type Database } from '../../database/database.js'
import { Prisma } from '../../generated/prisma/client.js'

/**
 * A session gets its id within this time of its `created`, in either direction: a transaction may be slow, and the
 * clock of another server may be ahead.
 */
const SLACK = Prisma.raw(`interval '1 hour'`)

/** The sessions of a period: their ids lie between two ids, and they meet a condition. */
export interface IdRange {
  /** Exclusive. */
  after: number
  /** Exclusive. */
  before: number
  /** SQL over chat_session `s`, with its `and`; may be empty. */
  condition: Prisma.Sql
}

/** A period in milliseconds since the epoch: `from` inclusive, `to` exclusive. */
export interface TimeRange {
  from?: number | undefined
  to?: number | undefined
}

const time = (ms: number) => Prisma.sql`to_timestamp(${ms}::float8 / 1000)`

/**
 * Finds the sessions that were created in a period. Ids grow with `created`, except within the slack, so a bisection of
 * the ids finds where the period begins and ends. An index on `created` would make each new session more expensive.
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
 * Finds an id where the sessions created before a time end (`low`) and later ones begin (`high`). Each step probes the
 * newest session in the lower half of the remaining ids.
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
