import type { Side } from '../accounts/authentication.js'
import type { Statements } from '../database/database.js'
import { defineColumns } from '../database/columns.js'
import { Prisma } from '../generated/prisma/client.js'
import { epochMs } from '../database/sql.js'
import type { MessageEvent } from '../realtime/announce.js'
import {
  sessionExpressions,
  toSession,
  type Session,
  type SessionRow,
  type SessionStatus,
} from '../sessions/session.js'
import { joinReceipts, receiptExpressions, toMessage, type Message, type Receipts } from './message.js'

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

interface Answer extends MessageEvent {
  session: Session
  message: Message
}

/** What became of a draft. */
export type AppendOutcome =
  | ({ outcome: 'stored' } & Answer)
  /** Its `client_message_id` was used before; `isSame` says whether for the same thing. */
  | ({ outcome: 'known'; isSame: boolean } & Answer)
  /** Not stored: the state of the named session that forbade it, nulls where there is no session. */
  | { outcome: 'refused'; status: SessionStatus | null; holderId: number | null }

/** Stores one message; concurrent ones may share a statement and its commit. */
export type AppendMessage = (draft: MessageDraft) => Promise<AppendOutcome>

/**
 * One statement stores the messages of many sessions, and is the whole act: it locks the sessions in id order, checks who
 * may, numbers the messages from each session's `seq`, and returns what goes out. A draft sent before is found
 * by its `client_message_id`; should the same one be stored by another statement at this very moment, this one fails as a
 * whole on chat_message_once, having changed nothing, and can be repeated.
 *
 * In READ COMMITTED the locked rows are the newest ones, however old the statement's snapshot has become by waiting.
 */
const findKnown = Prisma.raw(`
  known as (
    select i.position, m.* from draft i join chat_message m
      on m.sender_type = i.sender_type and m.sender_id = i.sender_id and m.client_message_id = i.client_message_id
    where m.client_message_id is not null
  )`)

const storeFresh = Prisma.raw(`
  fresh as materialized (
    select i.*, s.id as target_id, s.admin_id as holder_id,
      s.seq + row_number() over (partition by s.id order by i.position) as seq,
      greatest(clock_timestamp(), s.last_message_at) as created
    from draft i join locked s on case i.sender_type
      when 'store' then s.store_id = i.sender_id and s.status <> 'closed'
      else s.id = i.session_id and s.status = 'claimed' and s.admin_id = i.sender_id end
    where not exists (select from known k where k.position = i.position)
  ), stored as (
    insert into chat_message (session_id, seq, sender_type, sender_id, holder_id, content, attachment_url,
      attachment_type, client_message_id, created)
    select target_id, seq, sender_type, sender_id, case sender_type when 'store' then holder_id end, content,
      attachment_url, attachment_type, client_message_id, created from fresh order by target_id, seq
    returning *
  ), advanced as (
    update chat_session s set seq = newest.seq, last_message_at = newest.created, updated = newest.created
    from (select session_id, max(seq) as seq, max(created) as created from stored group by session_id) newest
    where s.id = newest.session_id
    returning s.*
  ), answer as (
    select f.position, 'stored' as outcome, true as is_same, m.* from fresh f
      join stored m on m.session_id = f.target_id and m.seq = f.seq
    union all
    select i.position, 'known', k.content = i.content and k.attachment_url = i.attachment_url
      and k.attachment_type = i.attachment_type and (i.session_id is null or i.session_id = k.session_id), m.*
    from known k join draft i on i.position = k.position join chat_message m on m.id = k.id
  )`)

const outcomeColumns = defineColumns<OutcomeRow>({
  ...sessionExpressions,
  ...receiptExpressions,
  position: 'i.position',
  outcome: `coalesce(m.outcome, 'refused')`,
  isSame: 'm.is_same',
  messageId: 'm.id',
  seq: 'm.seq',
  sentAt: epochMs('m.created'),
  refusingStatus: 'refusing.status',
  refusingHolderId: 'refusing.admin_id',
})

const fromOutcomes = Prisma.raw(`
  from draft i
  left join answer m on m.position = i.position
  left join lateral (
    select * from advanced where id = m.session_id
    union all
    select * from chat_session where id = m.session_id and not exists (select from advanced where id = m.session_id)
  ) s on true
  left join locked refusing on m.id is null and refusing.id = i.session_id ${joinReceipts('m.session_id')}`)

/** Stores messages in one commit and tells what became of each, in their order. No two may share a sender's `client_message_id`. */
export async function appendMessages(db: Statements, drafts: MessageDraft[]): Promise<AppendOutcome[]> {
  const numbered = drafts.map((draft, position) => ({ position, ...draft }))
  const storeIds = drafts.filter(({ sender_type }) => sender_type === 'store').map(({ sender_id }) => sender_id)
  const sessionIds = drafts.flatMap(({ session_id }) => session_id ?? [])
  const rows = await outcomeColumns.read(
    db,
    Prisma.sql`
    with draft as materialized (
      select * from json_to_recordset(${JSON.stringify(numbered)}::json) as draft(position int, sender_type side,
        sender_id bigint, session_id bigint, content text, attachment_url text, attachment_type text,
        client_message_id text)
      -- The planner takes a function for 100 rows, and so many sessions for a reason to read the whole table.
      limit ${drafts.length}
    ), ${findKnown}, locked as materialized (
      select * from chat_session
      where id = any(${sessionIds}::bigint[]) or (store_id = any(${storeIds}::bigint[]) and status <> 'closed')
      order by id for update
    ), ${storeFresh} ${outcomeColumns.select} ${fromOutcomes}`,
  )
  const rowOf = new Map(rows.map((row) => [row.position, row]))
  return drafts.map((draft, position) => toOutcome(draft, rowOf.get(position)))
}

/** What became of a draft: of the message only what the draft does not say itself. */
interface OutcomeRow extends SessionRow, Receipts {
  position: number
  outcome: AppendOutcome['outcome']
  isSame: boolean
  messageId: number
  seq: number
  sentAt: number
  refusingStatus: SessionStatus | null
  refusingHolderId: number | null
}

function toOutcome(draft: MessageDraft, row: OutcomeRow | undefined): AppendOutcome {
  if (row === undefined) throw new Error('A message got no outcome')
  const { outcome, isSame, messageId, seq } = row
  if (outcome === 'refused') return { outcome, status: row.refusingStatus, holderId: row.refusingHolderId }
  const message = { ...draft, id: messageId, session_id: row.id, created: row.sentAt }
  const answer = {
    sessionId: row.id,
    storeId: row.store_id,
    holderId: row.admin_id,
    seq,
    messageId,
    senderType: draft.sender_type,
    session: toSession(row),
    message: toMessage(message, row),
  }
  return outcome === 'stored' ? { outcome, ...answer } : { outcome, isSame, ...answer }
}
