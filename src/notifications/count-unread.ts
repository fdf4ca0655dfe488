import type { Database } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import { concerns, unreadCondition } from './notifications.js'
import { MAX_UNREAD_COUNT, MAX_NOTIFICATIONS_EXAMINED } from '../protocol/limits.js'
import type { UnreadCount } from '../protocol/schemas/notifications.js'

/**
 * Counts the unread notifications of admins. The cost is bounded, however many messages and marks there are: the newest
 * messages are examined first, up to MAX_UNREAD_COUNT unread or MAX_NOTIFICATIONS_EXAMINED examined ones.
 */
export async function countUnread(db: Database, adminIds: number[]): Promise<Map<number, UnreadCount>> {
  const rows = await db.prisma.$queryRaw<{ id: bigint; count: bigint; isCutOff: boolean }[]>(Prisma.sql`
    select a.id, found.* from admin a cross join lateral (
      select count(*) filter (where not is_cut_off) as count, coalesce(bool_or(is_cut_off), false) as "isCutOff"
      from (
        select is_cut_off from (${newestOf(concerns.own)} union all ${newestOf(concerns.everybody)}) m
        where is_cut_off or ${isUnread} limit ${Prisma.raw(String(MAX_UNREAD_COUNT + 1))}
      ) unread
    ) found
    where a.id = any(${adminIds}::bigint[])`)
  return new Map(rows.map(({ id, count, isCutOff }) => [Number(id), toUnreadCount(Number(count), isCutOff)]))
}

const isUnread = Prisma.raw(unreadCondition)

/** SQL of the newest messages above the watermark, with one more row that stands for all older ones. */
const newestOf = (concern: string) =>
  Prisma.raw(`
    select id, session_id, row_number() over () > ${MAX_NOTIFICATIONS_EXAMINED} as is_cut_off from (
      select m.id, m.session_id from chat_message m where ${concern} and m.id > a.notifications_read_up_to
      order by m.holder_id desc, m.id desc limit ${MAX_NOTIFICATIONS_EXAMINED + 1}
    ) newest`)

/** Converts a number of unread notifications for the wire. */
export function toUnreadCount(count: number, hasMore = false): UnreadCount {
  return hasMore || count > MAX_UNREAD_COUNT ? { count: Math.min(count, MAX_UNREAD_COUNT), has_more: true } : { count }
}
