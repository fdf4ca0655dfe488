import type { TestDatabase } from '../databases/database.js'
import type { Conversation } from './conversations.js'

/**
 * Inserts a copy of a session into another database, at the same position. The last events of the session must be its
 * messages. The content of each copied message is `forged`.
 */
export async function copySession(
  { store, sessionId, ids }: Conversation & { ids: number[] },
  from: TestDatabase,
  to: TestDatabase,
): Promise<void> {
  const [session] = await from.query<Record<string, unknown>>('select * from chat_session where id = $1', [sessionId])
  await to.query(`insert into store (id, name) values ($1, 'Copy')`, [store.id])
  await to.query(
    `insert into chat_session (id, store_id, seq, created, updated, last_message_at) values ($1, $2, $3, $4, $5, $4)`,
    [sessionId, store.id, session?.['seq'], session?.['created'], session?.['updated']],
  )
  await to.query(
    `insert into chat_message (id, session_id, seq, sender_type, sender_id, content, attachment_url, attachment_type, created)
     select id, $1, $4 - cardinality($3::bigint[]) + place, 'store', $2, 'forged', '', '', now()
     from unnest($3::bigint[]) with ordinality given (id, place)`,
    [sessionId, store.id, ids, session?.['seq']],
  )
}
