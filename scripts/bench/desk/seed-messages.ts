import { Client } from 'pg'
import { buildIndex } from '../../../src/search/search-index.js'
import { execute, seedAccounts } from '../seed.js'
import { CUSTOMERS, FIRST_ORDER, listCustomers, listPhrases, PHRASES } from './texts.js'

export interface Size {
  stores: number
  admins: number
  sessions: number
  messagesEach: number
}

/** Sessions that are written at the same time: their messages alternate. */
const SESSIONS_AT_ONCE = 200
const OPEN = 500
const CLAIMED = 500
/**
 * Building the index of the search takes more than half of the time. It takes longer when it does not fit into memory.
 */
const MEMORY = `set work_mem = '256MB'; set maintenance_work_mem = '1GB'`

/**
 * Fills a database with a year of sessions, all closed except the newest. The last admin is a supervisor; the others
 * hold the sessions in turn. The messages are copied for the search as the service does it, but all at once.
 */
export async function seedMessages(databaseUrl: string, size: Size): Promise<void> {
  await seedAccounts(databaseUrl, size.stores, size.admins)
  const client = new Client(databaseUrl)
  await client.connect()
  try {
    await client.query(MEMORY)
    await client.query('set session_replication_role = replica')
    await seedTexts(client)
    for (const statement of listStatements(size)) await client.query(statement)
    await copyForSearch(client)
  } finally {
    await client.end()
  }
  await execute(databaseUrl, 'vacuum analyze', 'checkpoint')
}

async function seedTexts(client: Client): Promise<void> {
  for (const [table, texts] of Object.entries({ phrase: listPhrases(), customer: listCustomers() })) {
    await client.query(`create temporary table ${table} (id bigint, text text)`)
    await client.query(
      `insert into ${table} select id - 1, text from unnest($1::text[]) with ordinality t (text, id)`,
      [texts],
    )
    await client.query(`analyze ${table}`)
  }
}

const listStatements = ({ stores, admins, sessions, messagesEach }: Size) => [
  `update admin set role = 'supervisor' where id = ${admins}`,
  `insert into chat_session (store_id, admin_id, status, created, updated, last_message_at, closed_at, seq, change_seq)
    select 1 + n % ${stores}, case when status <> 'open' then 1 + n % ${admins - 1} end, status::session_status,
      at, at, at, case status when 'closed' then at + interval '40 minutes' end, ${messagesEach} + 2, 1
    from (
      select n, now() - interval '364 days' * (1 - n::float8 / ${sessions}) as at,
        case when n > ${sessions - OPEN} then 'open' when n > ${sessions - OPEN - CLAIMED} then 'claimed' else 'closed' end as status
      from generate_series(1, ${sessions}) n order by n
    ) session`,
  `update open_session_count set count = (select count(*) from chat_session where status = 'open' and id % 32 = shard)`,
  'analyze chat_session',
  // A message consists of three phrases, sometimes the name of a customer, and sometimes the number of an order.
  `insert into chat_message (id, session_id, seq, sender_type, sender_id, holder_id, content, attachment_url,
      attachment_type, created)
    select n + 1, s.id, 2 + place, case when is_admin then 'admin' else 'store' end::side,
      case when is_admin then coalesce(s.admin_id, 1) else s.store_id end, case when not is_admin then s.admin_id end,
      concat_ws(' ', one.text, two.text, three.text, customer.text,
        case when ${hash('n', 5)} % 10 = 0 then 'A-' || ${FIRST_ORDER} + s.id end),
      '', '', s.created + place * interval '1 minute'
    from (
      select n, ${placeOf(messagesEach)} as place, ${placeOf(messagesEach)} % 2 = 1 as is_admin,
        1 + n / ${SESSIONS_AT_ONCE * messagesEach} * ${SESSIONS_AT_ONCE} + n % ${SESSIONS_AT_ONCE} as session_id
      from generate_series(0, ${sessions * messagesEach - 1}::bigint) n
    ) message
    join chat_session s on s.id = message.session_id
    join phrase one on one.id = ${hash('n', 1)} & ${PHRASES - 1}
    join phrase two on two.id = ${hash('n', 2)} & ${PHRASES - 1}
    join phrase three on three.id = ${hash('n', 3)} & ${PHRASES - 1}
    left join customer on customer.id = case when ${hash('n', 6)} % 10 = 0 then ${hash('n', 4)} & ${CUSTOMERS - 1} end`,
  `select setval(pg_get_serial_sequence('chat_message', 'id'), ${sessions * messagesEach})`,
]

const placeOf = (messagesEach: number) => `n % ${SESSIONS_AT_ONCE * messagesEach} / ${SESSIONS_AT_ONCE}`
/** SQL: 64 pseudo-random bits, the same at each run. */
export const hash = (value: string, seed: number) => `hashint8extended(${value}, ${seed})`

/** Copies the messages for the search at once. The service does it in small turns, so that sends do not notice them. */
async function copyForSearch(client: Client): Promise<void> {
  const indexes = ['chat_message_search_parts_simple', 'chat_message_search_words_simple', 'chat_message_search_terms']
  await client.query(`drop index if exists ${indexes.join()}, chat_search_term_parts`)
  await client.query(`insert into chat_message_search (message_id, session_id, content, created)
    select id, session_id, content, created from chat_message order by id`)
  if (!(await buildIndex(client, 'simple'))) throw new Error('Another process is building the index of the search')
  await client.query(setCursors)
}

/** SQL: sets the cursors of search and reports to the newest message and change. */
export const setCursors = `
  update event_cursor set next_message_id = 0, message_id = coalesce((select max(id) from chat_message), 0),
    change_id = coalesce((select max(id) from chat_session_change), 0)
  where consumer in ('search', 'reports')`
