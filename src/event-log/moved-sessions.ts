import { Prisma } from '../generated/prisma/client.js'

/** Who follows the log of durable events. Each has a cursor of its own. */
export type Consumer = 'webhooks' | 'reminders'

/** Ids of the three tables of events. */
export interface EventIds {
  messageId: number
  changeId: number
  unreadId: number
}

/** What a sweep reads. */
export interface SweepRange {
  /** Longer than a transaction may take. */
  overlapMs: number
  /** Of each table. */
  mostEvents: number
  /** Up to these ids, only the sweeps that move the cursor read. */
  floor: EventIds
}

/**
 * SQL of CTEs that find the sessions that moved: `moved (session_id, first_seq, seq, first_unread_id, unread_id,
 * admin_message_id)`, each with the newest that was found, zeros for none, and the first, nulls for none. Empty while
 * another node sweeps. `mostEvents` bounds what each table gives; the next sweep goes on from there.
 *
 * Ids are given before the commit, so an id below the newest may still appear. The cursor therefore moves only to ids that
 * were the newest longer ago than `overlapMs`, and the sweep that moves it reads all that lies above: no event escapes it.
 * When the clock of the database is set back, the wait for that begins anew.
 * The sweeps between read from the floor on, so that a busy installation does not read the same seconds again and again.
 * Whoever wakes a consumer with the sessions of its own node makes the sweep a mere safety net.
 */
export const sweepMovedSessions = (consumer: Consumer, { overlapMs, mostEvents, floor }: SweepRange) => {
  // A sweep that has read less than there is moves the cursor no further than it has read.
  const upTo = (table: string) => Prisma.sql`least(${Prisma.raw(`c.next_${table}_id`)},
    (select max(id) from ${Prisma.raw(table)} having sum(count) = ${mostEvents}))`
  // Grouped at once: so many rows would not fit into work_mem.
  const grouped = (columns: string, table: string, start: string) => Prisma.sql`
    select session_id, max(id) as id, count(*) as count, ${Prisma.raw(columns)}
    from start cross join lateral (
      select * from ${Prisma.raw(table)} where id > start.${Prisma.raw(start)} order by id limit ${mostEvents}
    ) event group by session_id`
  return Prisma.sql`
  cursor as materialized (
    select *, next_at < now() - ${overlapMs} * interval '1 millisecond' as is_moving, next_at > now() as is_ahead
    from event_cursor where consumer = ${consumer} for update skip locked
  ), start as materialized (
    select case when is_moving then message_id else greatest(message_id, ${floor.messageId}::bigint) end as message_id,
      case when is_moving then change_id else greatest(change_id, ${floor.changeId}::bigint) end as change_id,
      case when is_moving then unread_id else greatest(unread_id, ${floor.unreadId}::bigint) end as unread_id
    from cursor
  ), message as materialized (${grouped(
    `min(seq) as first_seq, max(seq) as seq, coalesce(max(id) filter (where sender_type = 'admin'), 0) as admin_message_id`,
    ...(['chat_message', 'message_id'] as const),
  )}
  ), change as materialized (${grouped('min(seq) as first_seq, max(seq) as seq', 'chat_session_change', 'change_id')}
  ), unread as materialized (${grouped('min(id) as first_unread_id', 'unread_event', 'unread_id')}
  ), moved as materialized (
    select session_id, min(first_seq) as first_seq, max(seq) as seq, min(first_unread_id) as first_unread_id,
      max(unread_id) as unread_id, max(admin_message_id) as admin_message_id
    from (
      select session_id, first_seq, seq, null::bigint as first_unread_id, 0::bigint as unread_id, admin_message_id from message
      union all select session_id, first_seq, seq, null, 0, 0 from change
      union all select session_id, null, 0, first_unread_id, id, 0 from unread
    ) event group by session_id
  ), advanced as (
    update event_cursor c set
      message_id = ${upTo('message')}, change_id = ${upTo('change')}, unread_id = ${upTo('unread')},
      next_message_id = greatest(c.next_message_id, (select max(id) from message)),
      next_change_id = greatest(c.next_change_id, (select max(id) from change)),
      next_unread_id = greatest(c.next_unread_id, (select max(id) from unread)),
      next_at = now()
    from cursor where c.consumer = cursor.consumer and cursor.is_moving
  ), restarted as (
    update event_cursor c set next_at = now() from cursor where c.consumer = cursor.consumer and cursor.is_ahead
  )`
}

/** SQL of the newest ids there are, as a row. */
export const newestIds = Prisma.sql`
  select coalesce((select max(id) from chat_message), 0) as message_id,
    coalesce((select max(id) from chat_session_change), 0) as change_id,
    coalesce((select max(id) from unread_event), 0) as unread_id`

/**
 * SQL of the CTEs `newest (message_id, change_id, unread_id)`, the newest ids there are, and `begun`, which lets a
 * consumer's cursor begin there, unless it has one for which the condition does not hold.
 */
export const beginCursor = (consumer: Consumer, isStale: Prisma.Sql) => Prisma.sql`
  newest as materialized (${newestIds}), begun as (
    insert into event_cursor as c (consumer, message_id, change_id, unread_id,
      next_message_id, next_change_id, next_unread_id, next_at)
    select ${consumer}, message_id, change_id, unread_id, message_id, change_id, unread_id, now() from newest
    on conflict (consumer) do update set
      message_id = excluded.message_id, change_id = excluded.change_id, unread_id = excluded.unread_id,
      next_message_id = excluded.message_id, next_change_id = excluded.change_id, next_unread_id = excluded.unread_id,
      next_at = excluded.next_at
    where ${isStale}
  )`

/** A transaction ends after its longest statement, or after as long a pause. The clock has a second to spare. */
export const overlapOf = (longestStatementMs: number) => 2 * longestStatementMs + 1000
