import { type Static } from '@sinclair/typebox'
import type { Database } from '../database/database.js'
import { defineColumns } from '../database/columns.js'
import { epochMs, toUtc } from '../database/sql.js'
import { Prisma } from '../generated/prisma/client.js'
import { PAGE_SIZE } from '../protocol/schemas/paging.js'
import { NotificationSchema } from '../protocol/schemas/notifications.js'
type Notification = Static<typeof NotificationSchema>

/*
 * A notification is derived: only the marks of what was read are stored. It is a store's message, for an admin whom it
 * concerns: the holder at the time, or every admin while there was none. Its id is that of the message. It is read when
 * it is
 * - at or below the admin's watermark over all sessions,
 * - at or below the admin's watermark in its session, or
 * - marked individually.
 */

/**
 * SQL: whether the message `m` is unread for the admin `a`. The marks are looked up by scalar subqueries. For an EXISTS
 * the planner, which misjudges the numbers of marks and messages, would read all marks.
 */
export const unreadCondition = `(
  m.id > a.notifications_read_up_to
  and coalesce(m.id > (select n.read_up_to from notification_session_mark n
    where n.admin_id = a.id and n.session_id = m.session_id), true)
  and (select n.message_id from notification_mark n where n.admin_id = a.id and n.message_id = m.id) is null)`

/** SQL of the two ranges of the index chat_message_concern with the messages that concern the admin `a`. */
export const concerns = {
  own: `m.sender_type = 'store' and m.holder_id = a.id`,
  everybody: `m.sender_type = 'store' and m.holder_id is null`,
}

const notificationColumns = defineColumns<Omit<Notification, 'created_at'> & { created_at: number }>({
  id: 'm.id',
  admin_id: 'a.id',
  message_id: 'm.id',
  session_id: 'm.session_id',
  store_id: 'st.id',
  store_name: 'st.name',
  store_logo: 'st.logo_url',
  content: 'left(m.content, 140)',
  is_read: `not ${unreadCondition}`,
  created_at: epochMs('m.created'),
})

const MAX_PAGE_SIZE = Prisma.raw('200')

/** Reads the notifications of an admin, newest first. `before` is the last id of the previous page. */
export async function listNotifications(
  db: Database,
  adminId: number,
  { limit = PAGE_SIZE, before }: { limit?: number; before?: number },
): Promise<Notification[]> {
  // The order has all columns of the index, because for the planner IS NULL does not fix the first one. The limit is a
  // literal, because a generic plan assumes that a parameter is a tenth of the rows.
  const page = (concern: string) => Prisma.sql`(
    select * from chat_message m where ${Prisma.raw(concern)}
      and m.id < ${before ?? Number.MAX_SAFE_INTEGER} order by m.holder_id desc, m.id desc limit ${MAX_PAGE_SIZE})`
  const rows = await notificationColumns.read(
    db,
    Prisma.sql`
    ${notificationColumns.select}
    from admin a
    cross join lateral (
      select * from (
        ${page(concerns.own)} union all ${page(concerns.everybody)}
      ) both_kinds order by id desc limit ${limit}
    ) m
    join store st on st.id = m.sender_id
    where a.id = ${adminId}`,
  )
  const newestFirst = rows.toSorted((one, other) => other.id - one.id)
  return newestFirst.map(({ created_at, ...fields }) => ({ ...fields, created_at: toUtc(created_at) }))
}
