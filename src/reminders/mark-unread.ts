import type { Database } from '../database/database.js'
import { beginCursor, sweepMovedSessions, type SweepRange } from '../event-log/moved-sessions.js'
import { Prisma } from '../generated/prisma/client.js'

/**
 * Notes that sessions have messages for their stores, to be looked at once they are unread for long. What is looked at soon
 * enough anyway is not written to; what waits for its next mail may have begun a new unread run. `moved` is the SQL of the CTEs that end with `moved (session_id, admin_message_id)`.
 */
const markUnread = (moved: Prisma.Sql, afterMs: number) => Prisma.sql`
  with ${moved}
  insert into unread_reminder (session_id, due_at)
  select m.session_id, now() + ${afterMs} * interval '1 millisecond'
  from moved m
  left join lateral (select * from unread_reminder where session_id = m.session_id offset 0) r on true
  where m.admin_message_id > 0
    and (r.session_id is null or (r.seen_up_to < m.admin_message_id and r.lease is null
      and coalesce(r.due_at > now() + ${afterMs} * interval '1 millisecond', true)))
  order by m.session_id
  on conflict (session_id) do update set due_at = least(unread_reminder.due_at, excluded.due_at)`

/** `messages` has the newest message of an admin by session. */
export async function markSessions(db: Database, messages: Map<number, number>, afterMs: number): Promise<void> {
  const rows = [...messages].map(([session_id, admin_message_id]) => ({ session_id, admin_message_id }))
  const moved = Prisma.sql`
    moved as materialized (
      select * from json_to_recordset(${JSON.stringify(rows)}::json) as given(session_id bigint, admin_message_id bigint)
    )`
  await db.prisma.$executeRaw(markUnread(moved, afterMs))
}

/** Notes sessions of which this was not told. */
export async function sweepSessions(db: Database, afterMs: number, range: SweepRange): Promise<void> {
  await db.prisma.$executeRaw(markUnread(sweepMovedSessions('reminders', range), afterMs))
}

/** Where nobody has looked for as long, reminders begin with what is sent from now on. */
export async function beginReminders(db: Database, idleMs: number): Promise<void> {
  const isStale = Prisma.sql`c.next_at < now() - ${idleMs} * interval '1 millisecond'`
  await db.prisma.$executeRaw(Prisma.sql`with ${beginCursor('reminders', isStale)} select 1`)
}
