import type { Database, Statements } from '../database/database.js'
import { defineColumns } from '../database/columns.js'
import { Prisma } from '../generated/prisma/client.js'
import { epochMs } from '../database/sql.js'
import { toSent, type Sent } from './sent-message.js'
import type { Side } from '../protocol/account.js'
import type { SessionStatus } from '../protocol/schemas/sessions.js'

/** A message that is to be stored. */
export interface MessageDraft {
  sender_type: Side
  sender_id: number
  /** The session, for an admin; null for a store, which writes to its active session. */
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
  /** Not stored, because of this state of the session; nulls where there is no session. */
  | { outcome: 'refused'; status: SessionStatus | null; holderId: number | null }
  /** Not stored yet: another statement has locked the session, or has just changed it. Append it again. */
  | { outcome: 'busy' }

/**
 * Stores messages of one sender, in order, and returns the outcome of each, an Error where one failed alone. They share few
 * statements with the messages of other senders.
 */
export type MessageAppender = (drafts: MessageDraft[]) => Promise<(AppendOutcome | Error)[]>

/**
 * One statement stores the messages of many sessions: it locks the sessions in id order, checks who may write, numbers the
 * messages from each session's `seq`, and returns the outcome of each draft, with the session as it was before. A draft
 * that was sent before is found by its `client_message_id`, without a lock.
 *
 * It waits for no other statement: drafts of a session that another statement has locked return as busy, so that a session
 * under load does not delay the messages of others. In READ COMMITTED a locked row is the newest version, while everything
 * else is as old as the statement's snapshot. A session whose `seq` has moved since the snapshot may already hold a draft
 * that the snapshot does not show: its drafts return as busy, too. So the insert meets no duplicate in its session, and
 * `seq` has no gap. Only an admin who uses an id for two sessions at the same moment makes the statement fail on
 * chat_message_once, without effect.
 *
 * Sessions and known messages are looked up draft by draft: in a join with the drafts, whose number the planner cannot
 * know, it would scan whole tables. The messages get their ids before the insert: in a join with the inserted rows, of
 * which the planner expects one, it would compare all with all.
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

/** The outcome of a draft: of the message, only what the draft does not contain. */
type OutcomeRow = {
  position: number
  /** The message that was stored before with its `client_message_id`. */
  knownId: number | null
  isBusy: boolean
  /** Who holds the store's active session, or the named one. */
  holderId: number | null
} & (
  | {
      messageId: number
      seq: number
      /** In milliseconds since the epoch, like `sessionCreatedAt` and `sessionUpdatedAt`. */
      sentAt: number
      sessionUpdatedAt: number
      sessionId: number
      storeId: number
      status: SessionStatus
      sessionCreatedAt: number
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
  sessionCreatedAt: epochMs('s.created'),
  sessionUpdatedAt: epochMs('s.updated'),
})
const selectOutcomes = Prisma.sql`${outcomeColumns.select}
  from draft i left join locked s on s.id = i.target_id left join fresh m on m.position = i.position`

/**
 * Stores messages in one commit and returns the outcome of each, in order. No two drafts of a sender may have the same
 * `client_message_id`.
 */
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
  /** By session, the commit time of the event before the next one. */
  const sessionUpdatedAt = new Map<number, number>()
  return drafts.map((draft, index) => toOutcome(draft, inOrder[index], sessionUpdatedAt))
}

function toOutcome(
  draft: MessageDraft,
  row: OutcomeRow | undefined,
  sessionUpdatedAt: Map<number, number>,
): AppendOutcome {
  if (row === undefined) throw new Error('A message got no outcome')
  if (row.knownId !== null) return { outcome: 'known', messageId: row.knownId }
  if (row.isBusy) return { outcome: 'busy' }
  if (row.messageId === null) return { outcome: 'refused', status: row.status, holderId: row.holderId }
  const { messageId, seq, sentAt, sessionId, storeId, holderId, status, sessionCreatedAt } = row
  const { sender_type, sender_id, content, attachment_url, attachment_type, client_message_id } = draft
  // Written out because it runs for every message: spreading objects costs several times as much (measured).
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
    created: sessionCreatedAt,
    updated: sentAt,
    closed_at: null,
  }
  const { event, message: sent } = toSent(session, seq, message)
  event.previousAt = sessionUpdatedAt.get(sessionId) ?? row.sessionUpdatedAt
  sessionUpdatedAt.set(sessionId, sentAt)
  return { outcome: 'stored', event, session, message: sent }
}

/**
 * Does the same for contended sessions: waits for their locks first. Only a session that replaced a closed one meanwhile
 * can still be busy.
 */
export async function appendContended(db: Database, drafts: MessageDraft[]): Promise<AppendOutcome[]> {
  const storeIds = drafts.filter(({ sender_type }) => sender_type === 'store').map(({ sender_id }) => sender_id)
  const sessionIds = drafts.map(({ session_id }) => session_id)
  return db.prisma.$transaction(async (tx) => {
    await tx.$executeRaw(Prisma.sql`
      select from chat_session where id = any(array(
        select id from chat_session where store_id = any(${storeIds}::bigint[]) and status <> 'closed'
        union all select unnest(${sessionIds}::bigint[])))
      order by id for update`)
    return appendDrafts(tx, drafts)
  })
}
