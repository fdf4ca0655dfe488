import type { Database } from '../database/database.js'
import { beginCursor, sweepMovedSessions, type SweepRange } from '../event-log/moved-sessions.js'
import { Prisma } from '../generated/prisma/client.js'

/**
 * SQL that plans a check of each moved session that has a new message of an admin, once the message has been unread for
 * `afterMs`. Sessions that are checked before that are skipped. A session that waits for a mail is not, because a new
 * unread run may have started. `moved` is the SQL of the CTEs that end with `moved (session_id, admin_message_id)`.
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

/** Plans checks of sessions. `messages` contains the newest message of an admin for each session. */
export async function markSessions(db: Database, messages: Map<number, number>, afterMs: number): Promise<void> {
  const rows = [...messages].map(([session_id, admin_message_id]) => ({ session_id, admin_message_id }))
  const moved = Prisma.sql`
    moved as materialized (
      select * from json_to_recordset(${JSON.stringify(rows)}::json) as given(session_id bigint, admin_message_id bigint)
    )`
  await db.prisma.$executeRaw(markUnread(moved, afterMs))
}

/** Plans checks of moved sessions whose messages no node has noted. */
export async function sweepSessions(db: Database, afterMs: number, range: SweepRange): Promise<void> {
  await db.prisma.$executeRaw(markUnread(sweepMovedSessions('reminders', range), afterMs))
}

/** Starts reminders. If no node has swept for `idleMs`, they begin with the messages that are sent from now on. */
export async function beginReminders(db: Database, idleMs: number): Promise<void> {
  const isStale = Prisma.sql`c.next_at < now() - ${idleMs} * interval '1 millisecond'`
  await db.prisma.$executeRaw(Prisma.sql`with ${beginCursor('reminders', isStale)} select 1`)
}
