import type { Database } from '../../database/database.js'
import { sweepMovedSessions, type SweepRange } from '../../event-log/moved-sessions.js'
import { Prisma } from '../../generated/prisma/client.js'
import { LEASE_MS } from './claim-sessions.js'

/** The first and the last seq of the durable events of a session that were committed. */
export interface MovedSession {
  first: number
  last: number
}

/**
 * SQL of the seq of a session's last event before the webhook. It may read all messages of the session that came after the
 * webhook, so it is for a session that the webhook meets for the first time, within a `case`: the planner would compute a
 * joined subquery with that condition for every pair.
 */
const startSeq = Prisma.sql`greatest(
        (select seq from chat_message where session_id = m.session_id and id <= w.from_message_id
          order by seq desc limit 1),
        (select seq from chat_session_change where session_id = m.session_id and id <= w.from_change_id
          order by seq desc limit 1),
        0)`

/**
 * SQL of whether nothing delivers a session yet. A session that has not failed is due at the end of a lease at the latest:
 * one that is due much later became so before the clock of the database was set back.
 */
const isUnplanned = (table: string) => Prisma.sql`(${Prisma.raw(`${table}.due_at`)} is null
        or ${Prisma.raw(`${table}.attempts`)} = 0
          and ${Prisma.raw(`${table}.due_at`)} > now() + ${2 * LEASE_MS} * interval '1 millisecond')`

/**
 * SQL that makes sessions due for the webhooks that are behind. `moved` is the SQL of CTEs that end with
 * `moved (session_id, first_seq, seq, first_unread_id, unread_id)`. Sessions that are due already are not written to: their
 * rows may be locked by a delivery.
 *
 * Each pair of webhook and session is looked up by itself (`offset 0`). For a join, the planner would read the whole table,
 * because it cannot know the number of sessions.
 *
 * The position in a session that a webhook meets for the first time is the newest event before the creation of the webhook. Ids
 * within a session are in the order of its events. If only an unread event is new, the webhook has met the session before, and
 * the position was deleted after the end of the session: the new position is just before that event.
 *
 * A webhook that is ahead of a session received events of a lost history: the database was set back. It continues with the
 * events that have come since.
 */
const markMoved = (moved: Prisma.Sql) => Prisma.sql`
  with ${moved}, pair as materialized (
    select w.id as webhook_id, m.*, w.from_unread_id, s.seq as session_seq, ws.seq > s.seq as is_set_back,
      case when ws.webhook_id is null then ${startSeq} end as start_seq,
      ${isUnplanned('ws')} and ws.failed_at is null and (ws.seq < m.seq or ws.unread_id < m.unread_id) as is_behind
    from moved m
    left join lateral (select seq from chat_session where id = m.session_id offset 0) s on true
    cross join webhook w
    left join lateral (
      select * from webhook_session where webhook_id = w.id and session_id = m.session_id offset 0
    ) ws on true
    where w.deleted_at is null
  ), marked as (
    insert into webhook_session (webhook_id, session_id, seq, unread_id, due_at)
    select webhook_id, session_id, case when seq > 0 then coalesce(start_seq, 0) else coalesce(session_seq, 0) end,
      case when seq > 0 then from_unread_id else greatest(from_unread_id, first_unread_id - 1) end, now()
    from pair
    where is_set_back is not true and (is_behind or start_seq < seq or start_seq is not null and unread_id > from_unread_id)
    order by webhook_id, session_id
    on conflict (webhook_id, session_id) do update set due_at = excluded.due_at
      where webhook_session.failed_at is null and ${isUnplanned('webhook_session')}
  )
  select webhook_id as "webhookId", session_id as "sessionId", least(session_seq, first_seq - 1) as seq
  from pair where is_set_back`

/** A session that a webhook is ahead of, and the seq that it continues after. */
interface SetBackSession {
  webhookId: bigint
  sessionId: bigint
  seq: bigint
}

async function mark(db: Database, moved: Prisma.Sql): Promise<void> {
  for (const setBack of await db.prisma.$queryRaw<SetBackSession[]>(markMoved(moved))) await resetSession(db, setBack)
}

/** Sets the position of a webhook back. A node that is delivering the session loses its lease. */
async function resetSession(db: Database, { webhookId, sessionId, seq }: SetBackSession): Promise<void> {
  await db.prisma.$executeRaw(Prisma.sql`
    update webhook_session set seq = ${seq}, due_at = now(), lease = null, attempts = 0, first_failed_at = null,
      failed_at = null
    where webhook_id = ${webhookId} and session_id = ${sessionId} and seq > ${seq}`)
}

/** Makes sessions due whose seq is known. */
export async function markSessions(db: Database, moved: ReadonlyMap<number, MovedSession>): Promise<void> {
  const rows = [...moved].map(([session_id, { first, last }]) => ({ session_id, first_seq: first, seq: last }))
  await mark(
    db,
    Prisma.sql`
    moved as materialized (
      select *, null::bigint as first_unread_id, 0::bigint as unread_id
      from json_to_recordset(${JSON.stringify(rows)}::json) as given(session_id bigint, first_seq bigint, seq bigint)
    )`,
  )
}

/** Makes sessions due whose events were committed without a notification. */
export async function sweepSessions(db: Database, range: SweepRange): Promise<void> {
  await mark(db, sweepMovedSessions('webhooks', range))
}
