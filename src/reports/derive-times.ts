import type { Database, Transaction } from '../database/database.js'
import { overlapOf } from '../event-log/moved-sessions.js'
import { createDerivation, type Cursor } from '../event-log/take-turn.js'
import { Prisma } from '../generated/prisma/client.js'

/** Pause between two turns: reports lag behind by about this much. */
const PAUSE_MS = 5000
const MAX_EVENTS = 50_000

/**
 * Returns a function that updates chat_session_times for the sessions that have changed since the last turn. One node
 * does this at a time. The times of a session are computed from its whole log of changes and its messages, so repeating
 * a turn changes nothing.
 * @param onSlowTurn called after a turn that took too long, with the maximum number of events of the next turn
 */
export function createTimesDerivation(
  db: Database,
  longestStatementMs: number,
  onSlowTurn: (mostEvents: number) => void,
): () => Promise<void> {
  const most = Math.min(MAX_EVENTS, Math.max(100, longestStatementMs * 10))
  const overlapMs = overlapOf(longestStatementMs)
  const work = (tx: Transaction, cursor: Cursor, mostEvents: number) => deriveMoved(tx, cursor, mostEvents, overlapMs)
  return createDerivation(db, 'reports', { pauseMs: PAUSE_MS, longestStatementMs, most, work, onSlowTurn })
}

/** SQL: whole seconds from the creation of the session `s` to a time; null if that is null. */
const secondsTo = (moment: string) =>
  Prisma.raw(
    `case when ${moment} is not null then greatest(0, floor(extract(epoch from ${moment} - s.created)))::int end`,
  )

/**
 * Like the cursor of the search, this one advances only to events that are older than any transaction can be. Changes
 * have no column for their time; it is taken from the session in the change.
 */
async function deriveMoved(tx: Transaction, cursor: Cursor, most: number, overlapMs: number): Promise<Cursor> {
  const past = Prisma.sql`clock_timestamp() - ${overlapMs}::float8 * interval '1 millisecond'`
  const [row] = await tx.$queryRaw<{ messageId: bigint | null; changeId: bigint | null; isFull: boolean }[]>(Prisma.sql`
    with message as materialized (
      select id, session_id, sender_type, created from chat_message where id > ${cursor.messageId} order by id limit ${most}
    ), change as materialized (
      select id, session_id, coalesce((session ->> 'updated')::timestamptz, '-infinity') as created
      from chat_session_change where id > ${cursor.changeId} order by id limit ${most}
    ), moved as (
      select session_id from message where sender_type = 'admin' union select session_id from change
    ), times as (
      insert into chat_session_times as old (session_id, admin_id, created, claimed_after, answered_after, closed_after)
      select s.id, s.admin_id, s.created, ${secondsTo('claim.at')}, ${secondsTo('answer.at')}, ${secondsTo('s.closed_at')}
      from moved join chat_session s on s.id = moved.session_id
      left join lateral (
        select (session ->> 'updated')::timestamptz as at from chat_session_change
        where session_id = s.id and kind = 'claim' order by seq limit 1
      ) claim on true
      left join lateral (
        select created as at from chat_message
        where session_id = s.id and sender_type = 'admin' order by seq limit 1
      ) answer on true
      on conflict (session_id) do update set admin_id = excluded.admin_id, claimed_after = excluded.claimed_after,
        answered_after = excluded.answered_after, closed_after = excluded.closed_after
      where (old.admin_id, old.claimed_after, old.answered_after, old.closed_after) is distinct from
        (excluded.admin_id, excluded.claimed_after, excluded.answered_after, excluded.closed_after)
    )
    select (select max(id) from message where created < ${past}) as "messageId",
      (select max(id) from change where created < ${past}) as "changeId",
      (select count(*) from message) = ${most} or (select count(*) from change) = ${most} as "isFull"`)
  return {
    messageId: Number(row?.messageId ?? cursor.messageId),
    changeId: Number(row?.changeId ?? cursor.changeId),
    firstGoal: row?.isFull === true ? cursor.firstGoal : 0,
  }
}
