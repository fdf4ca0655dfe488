import type { Side } from '../accounts/authentication.js'
import type { Statements } from '../database/database.js'
import { defineColumns } from '../database/columns.js'
import { Prisma } from '../generated/prisma/client.js'
import { epochMs } from '../database/sql.js'
import type { MessageEvent } from '../realtime/announce.js'
import { sessionExpressions, type SessionRow, type SessionStatus } from '../sessions/session.js'
import {
  joinReceipts,
  messageColumns,
  receiptExpressions,
  toMessage,
  type Message,
  type MessageRow,
  type Receipts,
} from './message.js'

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

/** A message that is stored, and its session. */
interface Stored {
  event: MessageEvent
  session: SessionRow
  message: Message
}

/** What became of a draft. */
export type AppendOutcome =
  | ({ outcome: 'stored' } & Stored)
  /** Its `client_message_id` was used before; `isSame` says whether for the same thing. */
  | ({ outcome: 'known'; isSame: boolean } & Stored)
  /** Not stored: the state of the named session that forbade it, nulls where there is no session. */
  | { outcome: 'refused'; status: SessionStatus | null; holderId: number | null }

/**
 * Stores messages of one sender, in their order, and tells what became of each, an Error for what failed alone. They travel
 * in one statement, which others may share; only repeats, and what cannot be stored together, are stored one by one.
 */
export type AppendMessages = (drafts: MessageDraft[]) => Promise<(AppendOutcome | Error)[]>

/**
 * One statement stores the messages of many sessions, and is the whole act: it locks the sessions in id order, checks who
 * may, numbers the messages from each session's `seq`, and returns what became of each draft, with the session as it was. A
 * draft sent before is found by its `client_message_id`; should the same one be stored by another statement at this very
 * moment, this one fails as a whole on chat_message_once, having changed nothing, and can be repeated.
 *
 * In READ COMMITTED the locked rows are the newest ones, however old the statement's snapshot has become by waiting.
 *
 * What belongs to a draft is looked up draft by draft: joined to them, whose number the planner cannot know, sessions and
 * messages would be read as whole tables. And the messages get their ids before they are stored: joined to those that were
 * stored, of which it expects one, all would be compared with all.
 */
const storeDrafts = Prisma.raw(`
  draft as materialized (
    select i.*,
      case sender_type when 'store' then (select id from chat_session where store_id = i.sender_id and status <> 'closed')
        else session_id end as target_id,
      (select id from chat_message where sender_type = i.sender_type and sender_id = i.sender_id
        and client_message_id = i.client_message_id) as known_id
    from input i
  ), locked as materialized (
    select * from chat_session where id = any(array(select target_id from draft)) order by id for update
  ), fresh as materialized (
    select i.*, s.admin_id as holder_id, s.seq + row_number() over (partition by s.id order by i.position) as seq,
      nextval('chat_message_id_seq') as id, greatest(clock_timestamp(), s.last_message_at)::timestamptz(3) as created
    from draft i join locked s on s.id = i.target_id
    where i.known_id is null and case i.sender_type when 'store' then s.status <> 'closed'
      else s.status = 'claimed' and s.admin_id = i.sender_id end
  ), stored as (
    insert into chat_message (id, session_id, seq, sender_type, sender_id, holder_id, content, attachment_url,
      attachment_type, client_message_id, created)
    select id, target_id, seq, sender_type, sender_id, case sender_type when 'store' then holder_id end, content,
      attachment_url, attachment_type, client_message_id, created from fresh
  ), advanced as (
    update chat_session s set seq = newest.seq, last_message_at = newest.created, updated = newest.created
    from (select target_id, max(seq) as seq, max(created) as created from fresh group by target_id) newest
    where s.id = newest.target_id
  )`)

/** What has become of a draft: of the message only what the draft does not say itself. */
type OutcomeRow = {
  position: number
  /** The message that was stored before with its `client_message_id`. */
  knownId: number | null
  /** The active session of a store, or the one that was named, as it was. */
  holderId: number | null
} & (
  | {
      messageId: number
      seq: number
      /** In milliseconds since the epoch, like `begunAt`, when the session was made. */
      sentAt: number
      sessionId: number
      storeId: number
      status: SessionStatus
      begunAt: number
    }
  | { messageId: null; status: SessionStatus | null }
)

const outcomeColumns = defineColumns<OutcomeRow>({
  position: 'i.position',
  messageId: 'm.id',
  seq: 'm.seq',
  sentAt: epochMs('m.created'),
  knownId: 'i.known_id',
  sessionId: 's.id',
  storeId: 's.store_id',
  holderId: 's.admin_id',
  status: 's.status',
  begunAt: epochMs('s.created'),
})
const selectOutcomes = Prisma.sql`${outcomeColumns.select}
  from draft i left join locked s on s.id = i.target_id left join fresh m on m.position = i.position`

/**
 * Stores messages in one commit and tells what became of each, in their order. No two may share a sender's
 * `client_message_id`. What was stored before is read afterwards; where that fails, the message has an Error.
 */
export async function appendDrafts(db: Statements, drafts: MessageDraft[]): Promise<(AppendOutcome | Error)[]> {
  const rows = await outcomeColumns.read(
    db,
    Prisma.sql`
    with input as (
      select * from rows from (json_to_recordset(${JSON.stringify(drafts)}::json) as (sender_type side, sender_id bigint,
        session_id bigint, content text, attachment_url text, attachment_type text, client_message_id text))
        with ordinality as input(sender_type, sender_id, session_id, content, attachment_url, attachment_type,
          client_message_id, position)
    ), ${storeDrafts} ${selectOutcomes}`,
  )
  const knownIds = rows.map(({ knownId }) => knownId).filter((id) => id !== null)
  const known = await readKnown(db, knownIds).catch((error: unknown) => error as Error)
  const inOrder: OutcomeRow[] = []
  for (const row of rows) inOrder[row.position - 1] = row
  return drafts.map((draft, index) => toOutcome(draft, inOrder[index], known))
}

interface KnownRow extends SessionRow, Receipts {
  seq: number
  /** For `messageColumns.toRows`. */
  message: unknown[][]
}

const knownColumns = defineColumns<KnownRow>({
  ...sessionExpressions,
  ...receiptExpressions,
  seq: 'sent.seq',
  message: `(select ${messageColumns.json} from (select sent.*) m)`,
})

/** Messages that are stored, as they are now, by id. */
async function readKnown(db: Statements, ids: number[]): Promise<Map<number, Stored>> {
  if (ids.length === 0) return new Map()
  const rows = await knownColumns.read(
    db,
    Prisma.sql`
    ${knownColumns.select} from chat_message sent join chat_session s on s.id = sent.session_id
    ${Prisma.raw(joinReceipts('s.id'))} where sent.id = any(${ids}::bigint[])`,
  )
  return new Map(
    rows.flatMap((row) =>
      messageColumns.toRows(row.message).map((message) => [message.id, toStored(row, row.seq, message, row)] as const),
    ),
  )
}

function toOutcome(
  draft: MessageDraft,
  row: OutcomeRow | undefined,
  known: Map<number, Stored> | Error,
): AppendOutcome | Error {
  if (row === undefined) return new Error('A message got no outcome')
  if (row.knownId !== null) return known instanceof Error ? known : toKnown(draft, known.get(row.knownId))
  if (row.messageId === null) return { outcome: 'refused', status: row.status, holderId: row.holderId }
  const { messageId, seq, sentAt, sessionId, storeId, holderId, status, begunAt } = row
  const { sender_type, sender_id, content, attachment_url, attachment_type, client_message_id } = draft
  const message = {
    id: messageId,
    session_id: sessionId,
    sender_type,
    sender_id,
    content,
    attachment_url,
    attachment_type,
    client_message_id,
    created: sentAt,
  }
  const session = {
    id: sessionId,
    store_id: storeId,
    admin_id: holderId,
    status,
    last_message_at: sentAt,
    created: begunAt,
    updated: sentAt,
    closed_at: null,
  }
  const { event, message: sent } = toStored(session, seq, message)
  return { outcome: 'stored', event, session, message: sent }
}

function toKnown(draft: MessageDraft, stored: Stored | undefined): AppendOutcome | Error {
  if (stored === undefined) return new Error('A message was not found again')
  const { content, attachment_url, attachment_type, session_id } = stored.message
  const isSame =
    draft.content === content &&
    draft.attachment_url === attachment_url &&
    draft.attachment_type === attachment_type &&
    (draft.session_id === null || draft.session_id === session_id)
  return { outcome: 'known', isSame, ...stored }
}

function toStored(session: SessionRow, seq: number, message: MessageRow, receipts?: Receipts): Stored {
  const { id: sessionId, store_id: storeId, admin_id: holderId } = session
  const { id: messageId, sender_type: senderType } = message
  const event = { sessionId, storeId, holderId, seq, messageId, senderType }
  return { event, session, message: toMessage(message, receipts) }
}
