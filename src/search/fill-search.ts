import type { Database, Transaction } from '../database/database.js'
import { takeTurn, type Cursor } from '../event-log/take-turn.js'
import { overlapOf } from '../event-log/moved-sessions.js'
import { Prisma } from '../generated/prisma/client.js'

/** How fresh the search is while sends are fewer than a turn can take. */
const PAUSE_MS = 1000
const MOST_MESSAGES = 5000

/**
 * Copies messages that were committed since the last turn into the table of the search, of all nodes one at a time. So the
 * index costs sends nothing. When more messages come than the turns can take, the search falls behind, and catches up later.
 */
export async function fillSearch(db: Database, longestStatementMs: number): Promise<void> {
  // A message takes about 50 µs.
  const most = Math.min(MOST_MESSAGES, Math.max(10, longestStatementMs / 2))
  const overlapMs = overlapOf(longestStatementMs)
  const work = (tx: Transaction, cursor: Cursor) => copyMessages(tx, cursor, Math.floor(most), overlapMs)
  await takeTurn(db, 'search', { pauseMs: PAUSE_MS, timeoutMs: 2 * longestStatementMs, work })
}

/**
 * Ids are given before the commit, so one below the newest may still appear. The cursor moves only to ids of messages that
 * are older than any transaction can be; what lies above is looked at again by each turn.
 */
async function copyMessages(tx: Transaction, cursor: Cursor, most: number, overlapMs: number): Promise<Cursor> {
  const [row] = await tx.$queryRaw<{ messageId: bigint | null; isFull: boolean }[]>(Prisma.sql`
    with missing as materialized (
      select id, session_id, content, created from chat_message m
      where id > ${cursor.messageId} and not exists (select from chat_message_search where message_id = m.id)
      order by id limit ${most}
    ), stored as (
      insert into chat_message_search (message_id, session_id, content, created)
      select id, session_id, content, created from missing
    )
    select (
      select id from chat_message
      where id > ${cursor.messageId} and created < clock_timestamp() - ${overlapMs}::float8 * interval '1 millisecond'
        and id <= coalesce((select max(id) from missing having count(*) = ${most}), 9223372036854775807)
      order by id desc limit 1
    ) as "messageId", (select count(*) = ${most} from missing) as "isFull"`)
  return {
    ...cursor,
    messageId: Number(row?.messageId ?? cursor.messageId),
    firstGoal: row?.isFull === true ? cursor.firstGoal : 0,
  }
}
