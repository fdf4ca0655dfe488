import type { Database } from '../database/database.js'
import { notFound } from '../errors/request-error.js'
import { Prisma } from '../generated/prisma/client.js'
import { concerns, unreadCondition } from './notifications.js'

const isUnread = Prisma.raw(unreadCondition)

/**
 * Marks a notification as read.
 * @throws RequestError 404 when the admin has no such notification
 */
export async function readNotification(db: Database, adminId: number, messageId: number): Promise<void> {
  const rows = await db.prisma.$queryRaw<{ id: bigint }[]>(Prisma.sql`
    with concern as (
      select m.id, ${isUnread} as is_unread from chat_message m join admin a on a.id = ${adminId}
      where m.id = ${messageId} and m.sender_type = 'store' and (m.holder_id is null or m.holder_id = a.id)
    ), mark as (
      insert into notification_mark (admin_id, message_id) select ${adminId}, id from concern where is_unread
      on conflict do nothing
    )
    select id from concern`)
  if (rows.length === 0) throw notFound('Notification not found')
  await advanceWatermark(db, adminId)
}

/**
 * Longer than a message may take from its id to its commit: two statements of at most 60 s (the maximum of
 * DATABASE_STATEMENT_TIMEOUT_MS). When a message is this old, all messages with smaller ids are committed or never will
 * be.
 */
const SETTLED_AFTER = Prisma.raw(`interval '3 minutes'`)
/** How many obsolete marks are deleted at a time. */
const MAX_DELETED = Prisma.raw('10000')

/**
 * Marks all existing notifications of an admin as read. Ids of different sessions are not in commit order, so one
 * watermark over all sessions covers only messages that are old enough. The newer ones are covered by a watermark per
 * session, where ids are in commit order. A message that is committed a moment later stays unread.
 *
 * The cost depends on the number of messages of the last minutes, not on the number of unread ones. The newest message
 * that is old enough is searched in doubling steps, back from the newest message.
 */
export async function readAllNotifications(db: Database, adminId: number): Promise<void> {
  await db.prisma.$executeRaw(Prisma.sql`
    with settled as materialized (
      select coalesce(max(m.id), 0) as id
      from (select max(id) as id from chat_message) newest cross join generate_series(0, 52) step
      cross join lateral (
        select id, created from chat_message where id <= newest.id - (1::bigint << step) + 1 order by id desc limit 1
      ) m
      where m.created < clock_timestamp() - ${SETTLED_AFTER}
    ), newer as materialized (
      select m.session_id, max(m.id) as read_up_to
      from admin a cross join settled cross join lateral (
        ${newerThanSettled(concerns.own)} union all ${newerThanSettled(concerns.everybody)}
      ) m
      where a.id = ${adminId}
      group by m.session_id
    ), marks as (
      insert into notification_session_mark as n (admin_id, session_id, read_up_to)
      select ${adminId}, session_id, read_up_to from newer order by session_id
      on conflict (admin_id, session_id) do update set read_up_to = excluded.read_up_to
        where n.read_up_to < excluded.read_up_to
    ), covered_marks as (
      delete from notification_mark where ctid = any(array(
        select n.ctid from notification_mark n, settled where n.admin_id = ${adminId} and n.message_id <= settled.id
        limit ${MAX_DELETED}))
    ), covered_sessions as (
      delete from notification_session_mark where ctid = any(array(
        select n.ctid from notification_session_mark n, settled
        where n.admin_id = ${adminId} and n.read_up_to <= settled.id
          and not exists (select from newer where newer.session_id = n.session_id)
        limit ${MAX_DELETED}))
    )
    update admin a set notifications_read_up_to = settled.id from settled
    where a.id = ${adminId} and a.notifications_read_up_to < settled.id`)
}

const newerThanSettled = (concern: string) =>
  Prisma.raw(`select m.id, m.session_id from chat_message m
    where ${concern} and m.id > greatest(settled.id, a.notifications_read_up_to)`)

/** How many messages one call advances over. An admin who reads regularly needs fewer. */
const MAX_ADVANCED = Prisma.raw('500')

/**
 * Advances an admin's watermark over messages that other marks cover, up to the oldest message that is unread or too
 * new, and deletes those marks. So an admin who reads everything has few marks above the watermark. The work of a call
 * is bounded; call it after each read.
 */
export async function advanceWatermark(db: Database, adminId: number): Promise<void> {
  await db.prisma.$executeRaw(Prisma.sql`
    with next as materialized (
      select m.id, m.session_id, ${isUnread} or m.created > clock_timestamp() - ${SETTLED_AFTER} as is_kept
      from admin a cross join lateral (
        select * from (${oldestOf(concerns.own)} union all ${oldestOf(concerns.everybody)}) both_kinds
        order by id limit ${MAX_ADVANCED}
      ) m
      where a.id = ${adminId}
    ), passed as materialized (
      select id, session_id from next
      where id < coalesce((select min(id) from next where is_kept), ${Number.MAX_SAFE_INTEGER})
    ), covered_marks as (
      delete from notification_mark where admin_id = ${adminId} and message_id = any(array(select id from passed))
    ), covered_sessions as (
      delete from notification_session_mark
      where admin_id = ${adminId} and session_id = any(array(select session_id from passed))
        and read_up_to <= (select max(id) from passed)
    )
    update admin a set notifications_read_up_to = newest.id from (select max(id) as id from passed) newest
    where a.id = ${adminId} and a.notifications_read_up_to < newest.id`)
}

const oldestOf = (concern: string) => Prisma.sql`(
  select m.id, m.session_id, m.created from chat_message m
  where ${Prisma.raw(concern)} and m.id > a.notifications_read_up_to
  order by m.holder_id, m.id limit ${MAX_ADVANCED})`
