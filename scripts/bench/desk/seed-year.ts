import { execute, seedAccounts } from '../seed.js'
import { hash, setCursors } from './seed-messages.js'

export interface YearSize {
  stores: number
  admins: number
  sessions: number
  /** Number of messages of an additional session. */
  longest: number
}

const TAGS = 'address,damaged,delay,delivery,exchange,invoice,lost,payment,refund,return,warranty,wrong'

/**
 * Fills a database with a year of closed sessions as reports need them: their times, a log of changes with the same
 * times, ratings of a quarter of them, and tags of a third. An additional session has very many messages.
 */
export async function seedYear(databaseUrl: string, { stores, admins, sessions, longest }: YearSize): Promise<void> {
  await seedAccounts(databaseUrl, stores, admins)
  const [longestId, isReplica] = [sessions + 1, 'set session_replication_role = replica']
  await execute(
    databaseUrl,
    isReplica,
    `update admin set role = 'supervisor' where id = ${admins}`,
    `insert into chat_session_times (session_id, admin_id, created, claimed_after, answered_after, closed_after)
      select n, 1 + abs(${hash('n', 1)} % ${admins - 1}), now() - interval '364 days' * (1 - n::float8 / ${sessions}),
        waited, waited + 10 + abs(${hash('n', 2)} % 300), waited + 400 + abs(${hash('n', 3)} % 7200)
      from (select n, 5 + abs(${hash('n', 4)} % 900) as waited from generate_series(1, ${sessions}) n) session`,
    `insert into chat_session (id, store_id, admin_id, status, created, updated, last_message_at, closed_at, seq, change_seq)
      select session_id, 1 + session_id % ${stores}, admin_id, 'closed', created, at, at, at, 3, 3
      from chat_session_times cross join lateral (select created + closed_after * interval '1 second') closed (at)`,
    `insert into chat_session_change (session_id, seq, kind, admin_id, session)
      select session_id, seq, kind::session_change_kind, case when seq > 1 then admin_id end,
        json_build_object('id', session_id, 'updated', created + after * interval '1 second')
      from chat_session_times cross join lateral (
        values (1, 'create', 0), (2, 'claim', claimed_after), (3, 'close', closed_after)
      ) change (seq, kind, after)`,
    `insert into chat_rating (session_id, score) select id, 1 + abs(${hash('id', 5)} % 5) from chat_session where id % 4 = 0`,
    `insert into chat_session_details (session_id, tags, status, holder_id)
      select id, array(select distinct unnest(array[${tag(6)}, ${tag(7)}]) order by 1), status, admin_id
      from chat_session where id % 3 = 0`,
    `insert into chat_session_tag (session_id, tag, status, holder_id, priority)
      select session_id, unnest(tags), status, holder_id, priority from chat_session_details`,
    `insert into chat_session (id, store_id, admin_id, status, closed_at, seq)
      values (${longestId}, 1, 1, 'closed', now(), ${longest + 1})`,
    `insert into chat_message (session_id, seq, sender_type, sender_id, content, attachment_url, attachment_type, created)
      select ${longestId}, n + 1, 'store', 1, repeat('Where is my parcel? ', 5) || n, '', '', now()
      from generate_series(1, ${longest}) n order by n`,
    `select setval(pg_get_serial_sequence('chat_session', 'id'), ${longestId})`,
    setCursors,
    'vacuum analyze',
    'checkpoint',
  )
}

const tag = (seed: number) => `(string_to_array('${TAGS}', ','))[1 + abs(${hash('id', seed)} % 12)]`
