import type { Database, Transaction } from '../database/database.js'
import { createDerivation, type Cursor } from '../event-log/take-turn.js'
import { overlapOf } from '../event-log/moved-sessions.js'
import { Prisma } from '../generated/prisma/client.js'

/** How fresh the search is while sends are fewer than a turn can take. */
const PAUSE_MS = 1000
/** What a turn copies at most, and from how many of the oldest messages it chooses. */
const MOST_MESSAGES = 5000
/** When more messages wait, a turn chooses from the newest ones, too: those whose ids are within this of the newest id. */
const NEWEST_IDS = 100_000
/** What a message may have on average. Long texts of ever new words take the index one to two seconds for each megabyte. */
const BYTES_OF_MESSAGE = 200

/**
 * Returns a function that copies messages that were committed since the last turn into the table of the search. One node does
 * so at a time. So the index costs sends nothing. When more messages come than the turns can take, the search falls behind, and catches up later.
 * @param onSlowTurn is told how many messages the turn after one that took too long copies at most
 */
export function createSearchFill(
  db: Database,
  longestStatementMs: number,
  onSlowTurn: (mostMessages: number) => void,
): () => Promise<void> {
  // A message takes about 50 µs.
  const most = Math.floor(Math.min(MOST_MESSAGES, Math.max(10, longestStatementMs / 2)))
  const overlapMs = overlapOf(longestStatementMs)
  const work = (tx: Transaction, cursor: Cursor, mostMessages: number) =>
    copyMessages(tx, cursor, mostMessages, overlapMs)
  return createDerivation(db, 'search', { pauseMs: PAUSE_MS, longestStatementMs, most, work, onSlowTurn })
}

/**
 * Copies messages in a fair order: by how many bytes of their session wait before them. So a session that writes long texts
 * of ever new words, which take up to a second each, delays its own ones only. At least one message is copied, however long it
 * is.
 *
 * Ids are given before the commit, so one below the newest may still appear. The cursor moves only to ids of messages that
 * are older than any transaction can be, and below the first one that is left for later; what lies above is looked at again by
 * each turn.
 */
async function copyMessages(tx: Transaction, cursor: Cursor, most: number, overlapMs: number): Promise<Cursor> {
  // While the index is being built, a turn would wait until its time is over, and look like one that had too much to do.
  await tx.$executeRaw(Prisma.sql`lock table chat_message_search in row exclusive mode nowait`)
  const isMissing = Prisma.sql`not exists (select from chat_message_search where message_id = m.id)`
  const [row] = await tx.$queryRaw<{ messageId: bigint | null; isFull: boolean }[]>(Prisma.sql`
    with oldest as materialized (
      select id, session_id, octet_length(content) as bytes from chat_message m
      where id > ${cursor.messageId} and ${isMissing} order by id limit ${MOST_MESSAGES}
    ), window_end as materialized (
      select max(id) as id from oldest having count(*) = ${MOST_MESSAGES}
    ), newest as materialized (
      select id, session_id, octet_length(content) as bytes from chat_message m
      where id > greatest((select id from window_end), (select max(id) from chat_message) - ${NEWEST_IDS})
        and ${isMissing} and exists (select from window_end)
      order by id desc limit ${MOST_MESSAGES}
    ), waiting as (
      select id, bytes, sum(bytes) over (partition by session_id order by id) - bytes as bytes_before_in_session
      from (select * from oldest union all select * from newest) either
    ), queue as (
      select id, row_number() over fair as place, sum(bytes) over fair - bytes as bytes_before
      from waiting window fair as (order by bytes_before_in_session, id)
    ), taken as materialized (
      select id from queue where place <= ${most} and bytes_before < ${most * BYTES_OF_MESSAGE}
    ), stored as (
      insert into chat_message_search (message_id, session_id, content, created)
      select m.id, m.session_id, m.content, m.created from taken join chat_message m on m.id = taken.id
    ), first_left as (
      select min(id) as id from oldest where id not in (select id from taken)
    ), goal as materialized (
      select least((select id from first_left) - 1, (select id from window_end)) as last_id
    )
    select (
      select id from chat_message
      where id > ${cursor.messageId} and created < clock_timestamp() - ${overlapMs}::float8 * interval '1 millisecond'
        and id <= coalesce((select last_id from goal), 9223372036854775807)
      order by id desc limit 1
    ) as "messageId", (select last_id is not null from goal) as "isFull"`)
  return {
    ...cursor,
    messageId: Number(row?.messageId ?? cursor.messageId),
    firstGoal: row?.isFull === true ? cursor.firstGoal : 0,
  }
}
