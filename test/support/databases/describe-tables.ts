import type { TestDatabase } from './database.js'

/** What a call of a route could change, but for tokens. */
const tables = [
  ...['chat_session', 'chat_session_change', 'chat_message', 'chat_receipt'],
  ...['notification_session_mark', 'notification_mark', 'admin', 'store'],
  ...['chat_file', 'chat_session_details', 'chat_session_tag', 'chat_note', 'chat_rating'],
  ...['canned_reply', 'canned_reply_use'],
]

/** Returns what tells how many rows there are of everything that a call could change, and which transaction wrote there last. */
export async function describeTables({ query }: TestDatabase): Promise<() => Promise<string | undefined>> {
  const counts = [
    ...tables.map((table) => `select '${table}', count(*), max(xmin::text::bigint) from ${table}`),
    `select 'access_token', count(*), count(revoked_at) from access_token`,
  ]
  // A function is planned once.
  await query(`
    create function describe_everything() returns text language plpgsql as $$ begin return (
      select string_agg(concat_ws(' ', name, number, latest), ', ')
      from (${counts.join(' union all ')}) as counted (name, number, latest)
    ); end $$`)
  return async () => {
    const [row] = await query<{ everything: string }>('select describe_everything() as everything')
    return row?.everything
  }
}
