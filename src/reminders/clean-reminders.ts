import type { Database } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'

/** How long a reminder is kept after its session was closed. */
const ENDED_HOURS = 24
const ROWS_PER_PIECE = 1000

/**
 * Removes reminders of sessions that were closed a day ago and need no more reminders, a batch of them in the order of
 * session ids. A reminder stays while a sweep may still find messages of its session: without it the sweep would
 * announce them again.
 * @returns the last session id of the batch, or undefined after the last batch
 */
export async function cleanReminders(db: Database, after: number): Promise<number | undefined> {
  const [last] = await db.prisma.$queryRaw<{ id: bigint; count: bigint }[]>(Prisma.sql`
    with piece as materialized (
      select session_id, due_at, lease from unread_reminder where session_id > ${after}
      order by session_id limit ${ROWS_PER_PIECE}
    ), ended as materialized (
      select p.session_id from piece p
      cross join (select message_id from event_cursor where consumer = 'reminders') swept
      left join lateral (select * from chat_session where id = p.session_id offset 0) s on true
      where p.due_at is null and p.lease is null
        and not exists (select from unread_mail m where m.session_id = p.session_id)
        and (s.id is null or (s.status = 'closed' and s.closed_at < now() - ${ENDED_HOURS} * interval '1 hour'
          and swept.message_id >= coalesce(
            (select id from chat_message where session_id = s.id order by seq desc limit 1), 0)))
    ), removed as (
      delete from unread_reminder r using ended e
      where r.session_id = e.session_id and r.due_at is null and r.lease is null
    )
    select session_id as id, count(*) over () as count from piece order by session_id desc limit 1`)
  return Number(last?.count ?? 0) < ROWS_PER_PIECE ? undefined : Number(last?.id)
}
