import { rawOf, type Database } from '../../database/database.js'
import { Prisma } from '../../generated/prisma/client.js'
import type { Account } from '../../protocol/account.js'
import { MAX_PRIORITY, type SessionCounts } from '../../protocol/schemas/desk.js'
import { countOpenSessions } from './count-open-sessions.js'

/** How many tags are counted, by name, and up to which number: this bounds the cost. */
const MAX_TAGS_COUNTED = 100
const MAX_COUNTED = 1000
/** How many claimed sessions are read: more than a team can hold. */
const MAX_CLAIMED = 10_000

interface TagCount {
  tag: string
  count: bigint
}

/**
 * Counts the sessions that are not closed and that an admin may read: open ones and its own; a supervisor reads all.
 * The counts of open sessions and of its own are exact; the others are capped.
 */
export async function countSessions(db: Database, admin: Account): Promise<SessionCounts> {
  const [{ count: open }, openUrgent, openTags, claimed] = await Promise.all([
    countOpenSessions(db, {}),
    countOpenSessions(db, { priority: MAX_PRIORITY }),
    countOpenTags(db),
    countClaimed(db, admin),
  ])
  const counts = new Map<string, number>()
  for (const { tag, count } of [...openTags, ...claimed.tags]) counts.set(tag, (counts.get(tag) ?? 0) + Number(count))
  const tags = [...counts]
    .map(([tag, count]) => ({ tag, count }))
    .toSorted((one, other) => (one.tag < other.tag ? -1 : 1))
  const isCapped =
    openUrgent.capped === true ||
    claimed.examined > MAX_CLAIMED ||
    tags.length > MAX_TAGS_COUNTED ||
    tags.some(({ count }) => count > MAX_COUNTED)
  return {
    open,
    my: claimed.my,
    urgent: openUrgent.count + claimed.urgent,
    tags: tags.slice(0, MAX_TAGS_COUNTED).map(({ tag, count }) => ({ tag, count: Math.min(count, MAX_COUNTED) })),
    ...(isCapped && { capped: true as const }),
  }
}

/** Skips from tag to tag in the index (a loose index scan), and counts a limited number of each. */
async function countOpenTags(db: Database): Promise<TagCount[]> {
  const next = (after: Prisma.Sql) => Prisma.sql`(
    select tag from chat_session_tag where status = 'open' ${after} order by tag, priority, session_id limit 1)`
  return rawOf(db).$queryRaw<TagCount[]>(Prisma.sql`
    with recursive known as (
      select ${next(Prisma.empty)} as tag
      union all
      select ${next(Prisma.sql`and tag > known.tag`)} from known where known.tag is not null
    )
    select known.tag, counted.count from (select * from known where tag is not null limit ${MAX_TAGS_COUNTED + 1}) known
    cross join lateral (
      select count(*) as count from (
        select from chat_session_tag t where t.tag = known.tag and t.status = 'open' limit ${MAX_COUNTED + 1}
      ) few
    ) counted`)
}

/**
 * Counts the sessions that an admin holds, and the urgent sessions and tags among its own, or for a supervisor among
 * all. Details are looked up one by one, because a join may read all details.
 */
async function countClaimed(db: Database, { id, role }: Account) {
  const holder = role === 'supervisor' ? Prisma.empty : Prisma.sql`and admin_id = ${id}`
  const claimed = Prisma.sql`
    claimed as materialized (
      select id from chat_session where status = 'claimed' ${holder} limit ${MAX_CLAIMED + 1}
    )`
  const [[numbers], tags] = await Promise.all([
    rawOf(db).$queryRaw<{ my: bigint; examined: bigint; urgent: bigint }[]>(Prisma.sql`
      with ${claimed}
      select count(*) as examined, count(*) filter (where ${MAX_PRIORITY} = (
          select d.priority from chat_session_details d where d.session_id = claimed.id)) as urgent,
        (select count(*) from chat_session where status = 'claimed' and admin_id = ${id}) as my
      from claimed`),
    rawOf(db).$queryRaw<TagCount[]>(Prisma.sql`
      with ${claimed}
      select t.tag, count(*) as count from claimed
      cross join lateral (select tag from chat_session_tag where session_id = claimed.id offset 0) t group by t.tag`),
  ])
  const { my = 0n, examined = 0n, urgent = 0n } = numbers ?? {}
  return { my: Number(my), examined: Number(examined), urgent: Number(urgent), tags }
}
