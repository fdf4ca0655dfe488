import { addAdmin, addStore, type TestAccount } from '../chat/accounts.js'
import type { TestDatabase } from '../databases/database.js'

/** Inserts sessions with messages of their store directly into the database, which is fast. Returns their ids, the open one first. */
export async function addSessions(
  { query }: TestDatabase,
  storeId: number,
  options: { closed: number; messages: number; content?: string },
): Promise<number[]> {
  const { closed, messages, content = "'message ' || place" } = options
  const sessions = await query<{ id: string }>(
    `with made as (
       insert into chat_session (store_id, status, closed_at, seq)
       select $1, case place when 0 then 'open' else 'closed' end::session_status, case when place > 0 then now() end, $3 + 1
       from generate_series(0, $2::int) as place
       returning *
     ), logged as (
       insert into chat_session_change (session_id, seq, kind, session)
       select id, 1, 'create', json_build_object('id', id, 'store_id', store_id, 'admin_id', null, 'status', 'open',
         'last_message_at', last_message_at, 'created', created, 'updated', updated) from made
     )
     select id from made order by status, id`,
    [storeId, closed, messages],
  )
  const ids = sessions.map(({ id }) => Number(id))
  await query(
    `insert into chat_message
       (session_id, seq, sender_type, sender_id, content, attachment_url, attachment_type, created)
     select session_id, place + 1, 'store', $2, ${content}, '', '', now()
     from unnest($1::bigint[]) as session_id, generate_series(1, $3::int) as place`,
    [ids, storeId, messages],
  )
  await query('analyze chat_session, chat_message')
  return ids
}

/** 200 messages that are 12 MB of JSON: each character is escaped as six. */
export const addLargeSession = (database: TestDatabase, storeId: number): Promise<number[]> =>
  addSessions(database, storeId, { closed: 0, messages: 200, content: 'repeat(chr(1), 10000)' })

export const addAdmins = (database: TestDatabase, count: number): Promise<TestAccount[]> =>
  Promise.all(Array.from({ length: count }, () => addAdmin(database)))

export const addStores = (database: TestDatabase, count: number): Promise<TestAccount[]> =>
  Promise.all(Array.from({ length: count }, () => addStore(database)))
