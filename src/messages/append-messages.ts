import type { Side } from '../accounts/authentication.js'
import type { Statements } from '../database/database.js'
import { defineColumns } from '../database/columns.js'
import { Prisma } from '../generated/prisma/client.js'
import { epochMs } from '../database/sql.js'
import type { MessageEvent } from '../realtime/announce.js'
import { sessionExpressions, type SessionRow, type SessionStatus } from '../sessions/session.js'
import { receiptColumns, receiptsOf, toMessage, type Message } from './message.js'

/** A message that somebody wants to send. */
export interface MessageDraft {
  sender_type: Side
  sender_id: number
  /** For an admin the session; a store writes to its active one. */
  session_id: number | null
  content: string
  attachment_url: string
  attachment_type: string
  client_message_id: string | null
}

interface Answer {
  event: MessageEvent
  session: SessionRow
  message: Message
}

/** What became of a draft. */
export type AppendOutcome =
  | ({ outcome: 'stored' } & Answer)
  /** Its `client_message_id` was used before; `isSame` says whether for the same thing. */
  | ({ outcome: 'known'; isSame: boolean } & Answer)
  /** Not stored: the state of the named session that forbade it, nulls where there is no session. */
  | { outcome: 'refused'; status: SessionStatus | null; holderId: number | null }

/**
 * Stores messages of one sender, in their order, and tells what became of each, an Error for what failed alone. They travel
 * in one statement, which others may share; only repeats, and what cannot be stored together, are stored one by one.
 */
export type AppendMessages = (drafts: MessageDraft[]) => Promise<(AppendOutcome | Error)[]>

/**
 * One statement stores the messages of many sessions, and is the whole act: it locks the sessions in id order, checks who
 * may, numbers the messages from each session's `seq`, and returns what goes out. A draft sent before is found by its
 * `client_message_id`; should the same one be stored by another statement at this very moment, this one fails as a whole
 * on chat_message_once, having changed nothing, and can be repeated.
 *
 * In READ COMMITTED the locked rows are the newest ones, however old the statement's snapshot has become by waiting.
 *
 * Sessions are found by arrays of ids, and messages sent before one by one: joined to the drafts, whose number the
 * planner cannot know, they would be read as whole tables.
 */
const storeDrafts = Prisma.raw(`
  known as materialized (
    select i.position, m.id, m.seq, m.session_id, m.created,
      m.content = i.content and m.attachment_url = i.attachment_url and m.attachment_type = i.attachment_type
        and (i.session_id is null or i.session_id = m.session_id) as is_same
    from draft i cross join lateral (
      select * from chat_message
      where sender_type = i.sender_type and sender_id = i.sender_id and client_message_id = i.client_message_id limit 1
    ) m
    where i.client_message_id is not null
  ), locked as materialized (
    select * from chat_session where id = any(array(select id from target)) order by id for update
  ), allowed as (
    select i.*, s.id as target_id from draft i join locked s on s.store_id = i.sender_id
    where i.sender_type = 'store' and s.status <> 'closed'
    union all
    select i.*, s.id from draft i join locked s on s.id = i.session_id
    where i.sender_type = 'admin' and s.status = 'claimed' and s.admin_id = i.sender_id
  ), fresh as materialized (
    select i.*, s.admin_id as holder_id, s.seq + row_number() over (partition by s.id order by i.position) as seq,
      greatest(clock_timestamp(), s.last_message_at) as created
    from allowed i join locked s on s.id = i.target_id
    where i.position not in (select position from known)
  ), stored as (
    insert into chat_message (session_id, seq, sender_type, sender_id, holder_id, content, attachment_url,
      attachment_type, client_message_id, created)
    select target_id, seq, sender_type, sender_id, case sender_type when 'store' then holder_id end, content,
      attachment_url, attachment_type, client_message_id, created from fresh order by target_id, seq
    returning id, session_id, seq, created
  ), advanced as (
    update chat_session s set seq = newest.seq, last_message_at = newest.created, updated = newest.created
    from (select session_id, max(seq) as seq, max(created) as created from stored group by session_id) newest
    where s.id = newest.session_id and s.id = any(array(select id from locked))
  )`)

/** What a draft has become, and the session `s` as it is after it. */
const outcomes = `
  select i.position, 'stored' as outcome, true as is_same, m.id as message_id, m.seq, m.created as sent_at,
    null::json as receipts, s.id, s.store_id, s.admin_id, s.status, m.created as last_message_at, s.created,
    m.created as updated, s.closed_at
  from fresh i join stored m on m.session_id = i.target_id and m.seq = i.seq join locked s on s.id = m.session_id
  union all
  select k.position, 'known', k.is_same, k.id, k.seq, k.created, ${receiptsOf('k.session_id')},
    s.id, s.store_id, s.admin_id, s.status, s.last_message_at, s.created, s.updated, s.closed_at
  from known k cross join lateral (select * from chat_session where id = k.session_id) s
  union all
  select i.position, 'refused', null, null, null, null, null,
    s.id, s.store_id, s.admin_id, s.status, s.last_message_at, s.created, s.updated, s.closed_at
  from draft i left join locked s on s.id = i.session_id
  where i.position not in (select position from known) and i.position not in (select position from fresh)`

/** What has become of a draft: of the message only what the draft does not say itself. */
interface OutcomeRow extends SessionRow {
  position: number
  outcome: AppendOutcome['outcome']
  isSame: boolean
  messageId: number
  seq: number
  sentAt: number
  /** For `receiptColumns.toRows`; null for a message that nobody can have received yet. */
  receipts: unknown[][] | null
}

const outcomeColumns = defineColumns<OutcomeRow>({
  ...sessionExpressions,
  position: 's.position',
  outcome: 's.outcome',
  isSame: 's.is_same',
  messageId: 's.message_id',
  seq: 's.seq',
  sentAt: epochMs('s.sent_at'),
  receipts: 's.receipts',
})
const selectOutcomes = Prisma.sql`${outcomeColumns.select} from (${Prisma.raw(outcomes)}) s`

/** Stores messages in one commit and tells what became of each, in their order. No two may share a sender's `client_message_id`. */
export async function appendDrafts(db: Statements, drafts: MessageDraft[]): Promise<AppendOutcome[]> {
  const storeIds = drafts.filter(({ sender_type }) => sender_type === 'store').map(({ sender_id }) => sender_id)
  const sessionIds = drafts.flatMap(({ session_id }) => session_id ?? [])
  const rows = await outcomeColumns.read(
    db,
    Prisma.sql`
    with draft as materialized (
      select * from rows from (json_to_recordset(${JSON.stringify(drafts)}::json) as (sender_type side, sender_id bigint,
        session_id bigint, content text, attachment_url text, attachment_type text, client_message_id text))
        with ordinality as draft(sender_type, sender_id, session_id, content, attachment_url, attachment_type,
          client_message_id, position)
    ), target as (
      select id from chat_session where store_id = any(${storeIds}::bigint[]) and status <> 'closed'
      union all
      select unnest(${sessionIds}::bigint[])
    ), ${storeDrafts} ${selectOutcomes}`,
  )
  const inOrder: OutcomeRow[] = []
  for (const row of rows) inOrder[row.position - 1] = row
  return drafts.map((draft, index) => toOutcome(draft, inOrder[index]))
}

function toOutcome(draft: MessageDraft, row: OutcomeRow | undefined): AppendOutcome {
  if (row === undefined) throw new Error('A message got no outcome')
  if (row.outcome === 'refused') return { outcome: 'refused', status: row.status, holderId: row.admin_id }
  const { sender_type, sender_id, content, attachment_url, attachment_type, client_message_id } = draft
  const [receipts] = receiptColumns.toRows(row.receipts ?? [])
  const event = {
    sessionId: row.id,
    storeId: row.store_id,
    holderId: row.admin_id,
    seq: row.seq,
    messageId: row.messageId,
    senderType: sender_type,
  }
  const message = toMessage(
    {
      id: row.messageId,
      session_id: row.id,
      sender_type,
      sender_id,
      content,
      attachment_url,
      attachment_type,
      client_message_id,
      created: row.sentAt,
    },
    receipts,
  )
  if (row.outcome === 'stored') return { outcome: 'stored', event, session: row, message }
  return { outcome: 'known', isSame: row.isSame, event, session: row, message }
}
