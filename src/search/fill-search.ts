import type { Database, Transaction } from '../database/database.js'
import { createDerivation, type Cursor } from '../event-log/take-turn.js'
import { overlapOf } from '../event-log/moved-sessions.js'
import { Prisma } from '../generated/prisma/client.js'

/** How fresh the search is while sends are fewer than a turn can take. */
const PAUSE_MS = 1000
const MOST_MESSAGES = 5000
/** What a message may have on average. Long texts of ever new words take the index one to two seconds for each megabyte. */
const BYTES_OF_MESSAGE = 200

/**
 * Returns a function that copies messages that were committed since the last turn into the table of the search. One node does so at a time. So the
 * index costs sends nothing. When more messages come than the turns can take, the search falls behind, and catches up later.
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
 * Ids are given before the commit, so one below the newest may still appear. The cursor moves only to ids of messages that
 * are older than any transaction can be; what lies above is looked at again by each turn. At least one message is copied,
 * however long it is.
 */
async function copyMessages(tx: Transaction, cursor: Cursor, most: number, overlapMs: number): Promise<Cursor> {
  // While the index is being built, a turn would wait until its time is over, and look like one that had too much to do.
  await tx.$executeRaw(Prisma.sql`lock table chat_message_search in row exclusive mode nowait`)
  const [row] = await tx.$queryRaw<{ messageId: bigint | null; isFull: boolean }[]>(Prisma.sql`
    with candidate as materialized (
      select id, sum(octet_length(content)) over (order by id) - octet_length(content) as bytes_before from (
        select id, content from chat_message m
        where id > ${cursor.messageId} and not exists (select from chat_message_search where message_id = m.id)
        order by id limit ${most}
      ) newest
    ), missing as materialized (
      select m.id, m.session_id, m.content, m.created from candidate join chat_message m on m.id = candidate.id
      where candidate.bytes_before < ${most * BYTES_OF_MESSAGE}
    ), batch as (
      select max(id) as last_id, count(*) = ${most} or count(*) < (select count(*) from candidate) as is_full from missing
    ), stored as (
      insert into chat_message_search (message_id, session_id, content, created)
      select id, session_id, content, created from missing
    )
    select (
      select id from chat_message
      where id > ${cursor.messageId} and created < clock_timestamp() - ${overlapMs}::float8 * interval '1 millisecond'
        and id <= coalesce((select last_id from batch where is_full), 9223372036854775807)
      order by id desc limit 1
    ) as "messageId", (select is_full from batch) as "isFull"`)
  return {
    ...cursor,
    messageId: Number(row?.messageId ?? cursor.messageId),
    firstGoal: row?.isFull === true ? cursor.firstGoal : 0,
  }
}
