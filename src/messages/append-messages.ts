import type { Database, Statements } from '../database/database.js'
import { defineColumns } from '../database/columns.js'
import { Prisma } from '../generated/prisma/client.js'
import { epochMs } from '../database/sql.js'
import { toSent, type Sent } from './sent-message.js'
import type { Side } from '../protocol/account.js'
import type { SessionStatus } from '../protocol/schemas/sessions.js'

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

/** What became of a draft. */
export type AppendOutcome =
  | ({ outcome: 'stored' } & Sent)
  /** Its `client_message_id` was used before, by this message. */
  | { outcome: 'known'; messageId: number }
  /** Not stored: the state of the session that forbade it, nulls where there is no session. */
  | { outcome: 'refused'; status: SessionStatus | null; holderId: number | null }
  /** Not decided, nothing stored: another statement has the session, or has just changed it. To be appended again. */
  | { outcome: 'busy' }

/**
 * Stores messages of one sender, in their order, and tells what became of each, an Error for what failed alone. They travel
 * in few statements, which others may share.
 */
export type MessageAppender = (drafts: MessageDraft[]) => Promise<(AppendOutcome | Error)[]>

/**
 * One statement stores the messages of many sessions, and is the whole act: it locks the sessions in id order, checks who
 * may, numbers the messages from each session's `seq`, and returns what became of each draft, with the session as it was. A
 * draft sent before is found by its `client_message_id`; it locks nothing.
 *
 * It waits for no other statement: drafts for a session that another one has locked come back as busy, so that a session
 * under attack holds up nobody else's messages. In READ COMMITTED a locked row is the newest one, while all else is as old as
 * the statement's snapshot. A session that has moved on since (`seq` counts all that happens in it) may hold a draft already
 * that the snapshot does not show: its drafts come back as busy, too. So the insert meets no duplicate in its session, and
 * there is no gap in `seq`. Only an admin who uses an id for two sessions at the same moment makes the statement fail on
 * chat_message_once; nothing has changed then.
 *
 * What belongs to a draft is looked up draft by draft: joined to them, whose number the planner cannot know, sessions and
 * messages would be read as whole tables. And the messages get their ids before they are stored: joined to those that were
 * stored, of which the planner expects one, all would be compared with all.
 */
const storeDrafts = Prisma.raw(`
  draft as materialized (
    select i.*, target.id as target_id, target.seq as snapshot_seq,
      case when client_message_id is not null then (select id from chat_message
        where sender_type = i.sender_type and sender_id = i.sender_id and client_message_id = i.client_message_id)
        end as known_id
    from input i left join lateral (
      select id, seq from chat_session where i.sender_type = 'store' and store_id = i.sender_id and status <> 'closed'
      union all select id, seq from chat_session where i.sender_type = 'admin' and id = i.session_id
    ) target on true
  ), locked as materialized (
    select * from chat_session where id = any(array(select target_id from draft where known_id is null))
    order by id for update skip locked
  ), fresh as materialized (
    select i.*, s.admin_id as holder_id, s.seq + row_number() over (partition by s.id order by i.position) as seq,
      nextval('chat_message_id_seq') as id,
      greatest(clock_timestamp(), s.last_message_at, s.updated)::timestamptz(3) as created
    from draft i join locked s on s.id = i.target_id and s.seq = i.snapshot_seq
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
  isBusy: boolean
  /** The active session of a store, or the one that was named, as it was. */
  holderId: number | null
} & (
  | {
      messageId: number
      seq: number
      /** In milliseconds since the epoch, like `begunAt`, when the session was made, and `movedAt`, when it last moved. */
      sentAt: number
      movedAt: number
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
  isBusy: 'i.target_id is not null and s.seq is distinct from i.snapshot_seq',
  sessionId: 's.id',
  storeId: 's.store_id',
  holderId: 's.admin_id',
  status: 's.status',
  begunAt: epochMs('s.created'),
  movedAt: epochMs('s.updated'),
})
const selectOutcomes = Prisma.sql`${outcomeColumns.select}
  from draft i left join locked s on s.id = i.target_id left join fresh m on m.position = i.position`

/** Stores messages in one commit and tells what became of each, in their order. No two may share a sender's `client_message_id`. */
export async function appendDrafts(db: Statements, drafts: MessageDraft[]): Promise<AppendOutcome[]> {
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
  const inOrder: OutcomeRow[] = []
  for (const row of rows) inOrder[row.position - 1] = row
  /** By session, when the event before the next one was committed. */
  const movedAt = new Map<number, number>()
  return drafts.map((draft, index) => toOutcome(draft, inOrder[index], movedAt))
}

function toOutcome(draft: MessageDraft, row: OutcomeRow | undefined, movedAt: Map<number, number>): AppendOutcome {
  if (row === undefined) throw new Error('A message got no outcome')
  if (row.knownId !== null) return { outcome: 'known', messageId: row.knownId }
  if (row.isBusy) return { outcome: 'busy' }
  if (row.messageId === null) return { outcome: 'refused', status: row.status, holderId: row.holderId }
  const { messageId, seq, sentAt, sessionId, storeId, holderId, status, begunAt } = row
  const { sender_type, sender_id, content, attachment_url, attachment_type, client_message_id } = draft
  // Written out, as this is done for every message: copied objects cost several times as much.
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
  const { event, message: sent } = toSent(session, seq, message)
  event.previousAt = movedAt.get(sessionId) ?? row.movedAt
  movedAt.set(sessionId, sentAt)
  return { outcome: 'stored', event, session, message: sent }
}

/**
 * The same for sessions that others have as well: waits for its turn, then looks anew. Only a session that took the place
 * of a closed one meanwhile can be busy still.
 */
export async function appendContended(db: Database, drafts: MessageDraft[]): Promise<AppendOutcome[]> {
  const storeIds = drafts.filter(({ sender_type }) => sender_type === 'store').map(({ sender_id }) => sender_id)
  const sessionIds = drafts.map(({ session_id }) => session_id)
  return db.$transaction(async (tx) => {
    await tx.$executeRaw(Prisma.sql`
      select from chat_session where id = any(array(
        select id from chat_session where store_id = any(${storeIds}::bigint[]) and status <> 'closed'
        union all select unnest(${sessionIds}::bigint[])))
      order by id for update`)
    return appendDrafts(tx, drafts)
  })
}
