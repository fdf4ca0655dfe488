import { rawOf, type Database } from '../../database/database.js'
import { Prisma } from '../../generated/prisma/client.js'

/** Which open sessions are counted: all, those with a tag, those of a priority, or both. */
export interface OpenFilter {
  tag?: string | undefined
  priority?: number | undefined
}

/** Sessions are counted row by row up to this number. */
const MAX_COUNTED = 10_000

/** A count; `capped` where there may be more. */
export interface CappedCount {
  count: number
  capped?: true
}

/**
 * Counts open sessions. Without a filter the count is exact: it is the sum of a few rows, whatever the number of
 * sessions. The normal priority is that sum less the others, which are counted up to a maximum.
 */
export async function countOpenSessions(db: Database, { tag, priority }: OpenFilter): Promise<CappedCount> {
  if (tag !== undefined) {
    const ofPriority = priority === undefined ? Prisma.empty : Prisma.sql`and priority = ${priority}`
    return countUpToMost(db, Prisma.sql`chat_session_tag where tag = ${tag} and status = 'open' ${ofPriority}`)
  }
  if (priority === undefined) return { count: await countAllOpen(db) }
  const urgent = Prisma.sql`chat_session_details where status = 'open' and priority > 0`
  if (priority > 0) return countUpToMost(db, Prisma.sql`${urgent} and priority = ${priority}`)
  const [all, { count, ...capped }] = await Promise.all([countAllOpen(db), countUpToMost(db, urgent)])
  return { count: Math.max(0, all - count), ...capped }
}

async function countAllOpen(db: Database): Promise<number> {
  const [total] = await rawOf(db).$queryRaw<{ count: bigint }[]>(Prisma.sql`
    select coalesce(sum(count), 0)::bigint as count from open_session_count`)
  return Number(total?.count ?? 0)
}

async function countUpToMost(db: Database, rows: Prisma.Sql): Promise<CappedCount> {
  const [found] = await rawOf(db).$queryRaw<{ count: bigint }[]>(Prisma.sql`
    select count(*) as count from (select from ${rows} limit ${MAX_COUNTED + 1}) counted`)
  const count = Number(found?.count ?? 0)
  return count > MAX_COUNTED ? { count: MAX_COUNTED, capped: true } : { count }
}
