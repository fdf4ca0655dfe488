import type { Database, Statements } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import { runAppendStatement, type OutcomeRow } from './append-statement.js'
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
  /** The file that the address of the attachment may be of. */
  file_id?: string
  /** Whether there has to be such a file: the address is one of this service. */
  is_file_required?: boolean
}

/** What became of a draft. */
export type AppendOutcome =
  | ({ outcome: 'stored' } & Sent)
  /** Its `client_message_id` was used before, by this message. */
  | { outcome: 'known'; messageId: number }
  /** Not stored, because of this state of the session; nulls where there is no session. */
  | { outcome: 'refused'; status: SessionStatus | null; holderId: number | null }
  /** Not stored: the attachment is a file that the sender may not name in this session. */
  | { outcome: 'foreign_file' }
  /** Not stored yet: another statement has locked the session or the file, or has just changed the session. Append it again. */
  | { outcome: 'busy' }

/**
 * Stores messages of one sender, in order, and returns the outcome of each, an Error where one failed alone. They share few
 * statements with the messages of other senders.
 */
export type MessageAppender = (drafts: MessageDraft[]) => Promise<(AppendOutcome | Error)[]>

/**
 * Stores messages in one commit and returns the outcome of each, in order. No two drafts of a sender may have the same
 * `client_message_id`.
 */
export async function appendDrafts(db: Statements, drafts: MessageDraft[]): Promise<AppendOutcome[]> {
  const rows = await runAppendStatement(db, drafts)
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
  if (row.messageId === null) {
    const isFileAtFault = row.isFileWrong === true && mayWrite(draft, row)
    return isFileAtFault
      ? { outcome: 'foreign_file' }
      : { outcome: 'refused', status: row.status, holderId: row.holderId }
  }
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
    attachment_type: row.attachmentType ?? attachment_type,
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

/** A store's message makes its session, so that nothing but the file can be wrong with it. */
const mayWrite = ({ sender_type, sender_id }: MessageDraft, { status, holderId }: OutcomeRow): boolean =>
  sender_type === 'store' || (status === 'claimed' && holderId === sender_id)

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
