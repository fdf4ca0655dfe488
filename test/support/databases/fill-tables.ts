import { Client } from 'pg'
import type { TestDatabase } from './database.js'

/** What the triggers of the tables below keep. */
const KEPT_BY_TRIGGERS = [
  `update open_session_count set count = (select count(*) from chat_session where status = 'open' and id % 32 = shard)`,
  `insert into chat_session_tag (session_id, tag, status, holder_id, priority)
   select session_id, unnest(tags), status, holder_id, priority from chat_session_details on conflict do nothing`,
]

/**
 * Fills large tables without triggers and without checks of foreign keys, which take most of the time. At the end the tables
 * hold what the triggers would have written, but for the terms of the search.
 */
export async function fillTables(
  { url }: TestDatabase,
  statements: [sql: string, ...values: unknown[]][],
): Promise<void> {
  const client = new Client(url)
  await client.connect()
  await client.query('set session_replication_role = replica')
  for (const [sql, ...values] of statements) await client.query(sql, values)
  for (const sql of KEPT_BY_TRIGGERS) await client.query(sql)
  await client.end()
}
