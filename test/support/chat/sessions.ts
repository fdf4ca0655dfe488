import { until } from '../../../harness/until.js'
import type { TestDatabase } from '../databases/database.js'

/**
 * Removes all sessions, with all that belongs to them. That locks many tables, and a statement of a node may lock them in
 * another order, so that PostgreSQL ends one of the two: then it is tried again.
 */
export async function clearSessions({ query }: TestDatabase): Promise<void> {
  await until(() => query('truncate chat_session, notification_mark cascade').then(() => true), 10_000)
}

/** Claims a store's active session for an admin directly in the database. Returns its id. */
export async function claimSession({ query }: TestDatabase, storeId: number, adminId: number): Promise<number> {
  const rows = await query<{ id: string }>(
    `update chat_session set status = 'claimed', admin_id = $2 where store_id = $1 and status <> 'closed' returning id`,
    [storeId, adminId],
  )
  return Number(rows[0]?.id)
}

/** Closes a store's active session directly in the database. Returns its id, or undefined if there is none. */
export async function closeSession({ query }: TestDatabase, storeId: number): Promise<number | undefined> {
  const rows = await query<{ id: string }>(
    `update chat_session set status = 'closed', closed_at = now() where store_id = $1 and status <> 'closed' returning id`,
    [storeId],
  )
  return rows[0] && Number(rows[0].id)
}

export interface MessageFields {
  side?: 'store' | 'admin'
  senderId?: number
  content?: string
  attachmentUrl?: string
  attachmentType?: string
  clientMessageId?: string
}

/** Inserts messages of a session directly into the database. Returns their ids. */
export async function addMessages(
  { query }: TestDatabase,
  sessionId: number,
  messages: MessageFields[],
): Promise<number[]> {
  const rows = await query<{ id: string }>(
    `with target as (
       update chat_session set seq = seq + json_array_length($2::json), last_message_at = now(), updated = now() where id = $1
       returning id, store_id, admin_id, seq - json_array_length($2::json) as before
     )
     insert into chat_message
       (session_id, seq, sender_type, sender_id, holder_id, content, attachment_url, attachment_type, client_message_id, created)
     select target.id, before + place, coalesce(m ->> 'side', 'store')::side,
       coalesce((m ->> 'senderId')::bigint, case m ->> 'side' when 'admin' then admin_id else store_id end), admin_id,
       coalesce(m ->> 'content', ''), coalesce(m ->> 'attachmentUrl', ''), coalesce(m ->> 'attachmentType', ''),
       m ->> 'clientMessageId', now()
     from target, json_array_elements($2::json) with ordinality as given (m, place)
     order by place returning id`,
    [sessionId, JSON.stringify(messages)],
  )
  return rows.map(({ id }) => Number(id))
}
