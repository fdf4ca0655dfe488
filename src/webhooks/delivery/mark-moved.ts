import type { Database } from '../../database/database.js'
import { overlapOf, sweepMovedSessions } from '../../event-log/moved-sessions.js'
import { Prisma } from '../../generated/prisma/client.js'

/**
 * Makes sessions due for the webhooks that have not got all of them. `moved` is the SQL of the CTEs that end with
 * `moved (session_id, seq, unread_id)`. What is due already is not written to: a lock on it would wait for its delivery.
 *
 * Each pair is looked up by itself (`offset 0`): joined to sessions whose number the planner cannot know, the whole table
 * would be read.
 *
 * A session that a webhook meets for the first time begins behind the newest event that is older than the webhook. Ids of
 * one session are in the order of its events.
 */
const markMoved = (moved: Prisma.Sql) => Prisma.sql`
  with ${moved}
  insert into webhook_session (webhook_id, session_id, seq, unread_id, due_at)
  select w.id, m.session_id, coalesce(start.seq, 0), w.from_unread_id, now()
  from moved m cross join webhook w
  left join lateral (
    select * from webhook_session where webhook_id = w.id and session_id = m.session_id offset 0
  ) ws on true
  left join lateral (
    select greatest(
      (select seq from chat_message where session_id = m.session_id and id <= w.from_message_id
        order by seq desc limit 1),
      (select seq from chat_session_change where session_id = m.session_id and id <= w.from_change_id
        order by seq desc limit 1),
      0) as seq
    where ws.webhook_id is null
  ) start on true
  where w.deleted_at is null and case
    when ws.webhook_id is null then m.seq > start.seq or m.unread_id > w.from_unread_id
    else ws.due_at is null and ws.failed_at is null and (ws.seq < m.seq or ws.unread_id < m.unread_id) end
  order by w.id, m.session_id
  on conflict (webhook_id, session_id) do update set due_at = coalesce(webhook_session.due_at, excluded.due_at)
    where webhook_session.failed_at is null`

/** Makes sessions due whose seq is known. Returns how many deliveries that makes. */
export async function markSessions(db: Database, moved: Map<number, number>): Promise<number> {
  const rows = [...moved].map(([session_id, seq]) => ({ session_id, seq }))
  return db.prisma.$executeRaw(
    markMoved(Prisma.sql`
    moved as materialized (
      select *, 0::bigint as unread_id
      from json_to_recordset(${JSON.stringify(rows)}::json) as given(session_id bigint, seq bigint)
    )`),
  )
}

/** Makes sessions due that moved without this having been told. Returns how many deliveries that makes. */
export async function sweepSessions(db: Database, longestStatementMs: number): Promise<number> {
  return db.prisma.$executeRaw(markMoved(sweepMovedSessions('webhooks', overlapOf(longestStatementMs))))
}
