import { Type, type Static } from '@sinclair/typebox'
import { IdSchema } from '../accounts/accounts.js'
import type { Database } from '../database/database.js'
import { defineColumns } from '../database/columns.js'
import { epochMs, toUtc } from '../database/sql.js'
import { notFound } from '../errors.js'
import { Prisma } from '../generated/prisma/client.js'
import { PAGE_SIZE } from '../paging.js'

export const NotificationSchema = Type.Object(
  {
    id: IdSchema,
    admin_id: Type.Integer({ description: 'The caller.' }),
    message_id: IdSchema,
    session_id: IdSchema,
    store_id: IdSchema,
    store_name: Type.String(),
    store_logo: Type.String(),
    content: Type.String({ description: 'The first 140 characters.' }),
    is_read: Type.Boolean(),
    created_at: Type.String({ format: 'date-time' }),
  },
  { title: 'Notification' },
)
type Notification = Static<typeof NotificationSchema>

/*
 * Nothing is stored for a notification but marks of having read it. It is a store's message, seen by an admin whom it
 * concerns: the holder at the time, or everybody while there was none. Its id is the message's. It is read
 *  - below the admin's watermark over all sessions, or
 *  - below the admin's watermark in its session, or
 *  - when it is marked by itself.
 */

/** SQL: whether the message `m` is unread for the admin `a`. */
const unreadCondition = `
  m.id > a.notifications_read_up_to
  and not exists (select from notification_session_mark n
    where n.admin_id = a.id and n.session_id = m.session_id and n.read_up_to >= m.id)
  and not exists (select from notification_mark n where n.admin_id = a.id and n.message_id = m.id)`
const isUnread = Prisma.raw(unreadCondition)

/** SQL: the unread messages `m` that concern the admin `a`. Two ranges of one index, which holds all that is asked. */
const unreadMessages = Prisma.raw(`
  (select m.id, m.session_id from chat_message m
    where m.sender_type = 'store' and m.holder_id = a.id and m.id > a.notifications_read_up_to
  union all
  select m.id, m.session_id from chat_message m
    where m.sender_type = 'store' and m.holder_id is null and m.id > a.notifications_read_up_to)`)

const notificationColumns = defineColumns<Omit<Notification, 'created_at'> & { created_at: number }>({
  id: 'm.id',
  admin_id: 'a.id',
  message_id: 'm.id',
  session_id: 'm.session_id',
  store_id: 'st.id',
  store_name: 'st.name',
  store_logo: 'st.logo_url',
  content: 'left(m.content, 140)',
  is_read: `not (${unreadCondition})`,
  created_at: epochMs('m.created'),
})

const LONGEST_PAGE = Prisma.raw('200')

/** The notifications of an admin, newest first; `before` is the last id of the page before. */
export async function listNotifications(
  db: Database,
  adminId: number,
  { limit = PAGE_SIZE, before }: { limit?: number; before?: number },
): Promise<Notification[]> {
  // In the order of the index, which for the planner IS NULL does not fix, and with a limit that it knows: a plan for any
  // values takes an unknown one for a tenth of the table.
  const page = (concern: Prisma.Sql) => Prisma.sql`(
    select * from chat_message m where m.sender_type = 'store' and ${concern}
      and m.id < ${before ?? Number.MAX_SAFE_INTEGER} order by m.holder_id desc, m.id desc limit ${LONGEST_PAGE})`
  const rows = await notificationColumns.read(
    db,
    Prisma.sql`
    ${notificationColumns.select}
    from admin a
    cross join lateral (
      select * from (
        ${page(Prisma.sql`m.holder_id = a.id`)} union all ${page(Prisma.sql`m.holder_id is null`)}
      ) both_kinds order by id desc limit ${limit}
    ) m
    join store st on st.id = m.sender_id
    where a.id = ${adminId}`,
  )
  const newestFirst = rows.toSorted((one, other) => other.id - one.id)
  return newestFirst.map(({ created_at, ...fields }) => ({ ...fields, created_at: toUtc(created_at) }))
}

/**
 * How many notifications each of these admins has not read. What concerns everybody is counted once for all who have read
 * up to the same one and marked nothing since: after a restart that may be a thousand admins.
 */
export async function countUnread(db: Database, adminIds: number[]): Promise<Map<number, number>> {
  const rows = await db.$queryRaw<{ id: bigint; count: bigint }[]>(Prisma.sql`
    with reader as materialized (
      select a.id, a.notifications_read_up_to,
        exists (select from notification_session_mark n where n.admin_id = a.id and n.read_up_to > a.notifications_read_up_to)
        or exists (select from notification_mark n where n.admin_id = a.id) as has_marks
      from admin a where a.id = any(${adminIds}::bigint[])
    ), common as materialized (
      select notifications_read_up_to, (
        select count(*) from chat_message m
        where m.sender_type = 'store' and m.holder_id is null and m.id > a.notifications_read_up_to
      ) as count
      from (select distinct notifications_read_up_to from reader where not has_marks) a
    )
    select a.id, common.count + (
      select count(*) from chat_message m
      where m.sender_type = 'store' and m.holder_id = a.id and m.id > a.notifications_read_up_to
    ) as count
    from reader a join common using (notifications_read_up_to) where not has_marks
    union all
    select a.id, (select count(*) from ${unreadMessages} m where ${isUnread}) from reader a where has_marks`)
  return new Map(rows.map(({ id, count }) => [Number(id), Number(count)]))
}

/**
 * Marks one notification read.
 * @throws RequestError 404 when the admin has no such notification
 */
export async function readNotification(db: Database, adminId: number, messageId: number): Promise<void> {
  const rows = await db.$queryRaw<{ id: bigint }[]>(Prisma.sql`
    with concern as (
      select m.id, (${isUnread}) as is_unread from chat_message m join admin a on a.id = ${adminId}
      where m.id = ${messageId} and m.sender_type = 'store' and (m.holder_id is null or m.holder_id = a.id)
    ), mark as (
      insert into notification_mark (admin_id, message_id) select ${adminId}, id from concern where is_unread
      on conflict do nothing
    )
    select id from concern`)
  if (rows.length === 0) throw notFound('Notification not found')
}

/** Longer than any statement may take: what is this old is committed, or never will be. */
const SETTLED_AFTER = Prisma.raw(`interval '2 minutes'`)

/**
 * Marks every notification of an admin read that exists now. Ids of different sessions are not in commit order, so one
 * watermark over all sessions can cover only what has settled; the newer ones are covered session by session, where the
 * order holds. Nothing that is committed a moment later is swallowed.
 */
export async function readAllNotifications(db: Database, adminId: number): Promise<void> {
  await db.$executeRaw(Prisma.sql`
    with settled as materialized (
      select coalesce((select id from chat_message where created < clock_timestamp() - ${SETTLED_AFTER}
        order by id desc limit 1), 0) as id
    ), newer as materialized (
      select m.session_id, max(m.id) as read_up_to
      from admin a cross join settled cross join lateral ${unreadMessages} m
      where a.id = ${adminId} and m.id > settled.id and ${isUnread}
      group by m.session_id
    ), marks as (
      insert into notification_session_mark as n (admin_id, session_id, read_up_to)
      select ${adminId}, session_id, read_up_to from newer order by session_id
      on conflict (admin_id, session_id) do update set read_up_to = excluded.read_up_to
        where n.read_up_to < excluded.read_up_to
    ), covered_marks as (
      delete from notification_mark n using settled where n.admin_id = ${adminId} and n.message_id <= settled.id
    ), covered_sessions as (
      delete from notification_session_mark n using settled
      where n.admin_id = ${adminId} and n.read_up_to <= settled.id
        and not exists (select from newer where newer.session_id = n.session_id)
    )
    update admin a set notifications_read_up_to = settled.id from settled
    where a.id = ${adminId} and a.notifications_read_up_to < settled.id`)
}
