import { Client } from 'pg'

/** Runs statements on a database, one after the other. */
export async function execute(databaseUrl: string, ...statements: string[]): Promise<void> {
  const client = new Client(databaseUrl)
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

export const storeToken = (id: number) => `bench-store-${id}`
export const adminToken = (id: number) => `bench-admin-${id}`

/** Creates stores and admins with ids from 1 and the tokens above. */
export async function seedAccounts(databaseUrl: string, stores: number, admins: number): Promise<void> {
  const token = (side: string) => `sha256(convert_to('bench-${side}-' || id, 'UTF8'))`
  await execute(
    databaseUrl,
    `insert into store (id, name, logo_url, email)
      select id, 'Store ' || id, 'https://example.com/logo.png', 'store@example.com' from generate_series(1, ${stores}) id`,
    `insert into admin (id, name) select id, 'Admin ' || id from generate_series(1, ${admins}) id`,
    `insert into access_token (hash, store_id) select ${token('store')}, id from store`,
    `insert into access_token (hash, admin_id) select ${token('admin')}, id from admin`,
  )
}

/**
 * Creates a session with messages for every store, held by the admins in turn if `held`, otherwise open. The open ones are
 * counted once, at the end: a transaction that counts a million of them row by row takes hours.
 */
export async function seedSessions(databaseUrl: string, messages: number, held: boolean): Promise<void> {
  const holder = held ? `1 + s.id % (select count(*) from admin)` : 'null'
  await execute(
    databaseUrl,
    'alter table chat_session disable trigger user',
    `insert into chat_session (store_id, seq, status, admin_id)
      select s.id, ${messages + 1}, '${held ? 'claimed' : 'open'}', ${holder} from store s order by s.id`,
    `insert into chat_session_change (session_id, seq, kind, session) select id, 1, 'create', '{}' from chat_session`,
    `insert into chat_message (session_id, seq, sender_type, sender_id, holder_id, content, attachment_url,
        attachment_type, created)
      select s.id, n + 1, 'store', s.store_id, s.admin_id, 'Where is my parcel number ' || n, '', '', now()
      from chat_session s, generate_series(1, ${messages}) n order by n, s.id`,
    'alter table chat_session enable trigger user',
    `update open_session_count set count =
      (select count(*) from chat_session where status = 'open' and id % 32 = shard)`,
    'vacuum analyze',
  )
}
