import type { Database, Statements } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import { runAppendStatement, type OutcomeRow } from './append-statement.js'
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
  /** Not stored: the state of the session that forbade it, nulls where there is no session. */
  | { outcome: 'refused'; status: SessionStatus | null; holderId: number | null }
  /** Not stored: the attachment is a file that the sender may not name in this session. */
  | { outcome: 'foreign_file' }
  /** Not decided, nothing stored: another statement has the session, or has just changed it. To be appended again. */
  | { outcome: 'busy' }

/**
 * Stores messages of one sender, in their order, and tells what became of each, an Error for what failed alone. They travel
 * in few statements, which others may share.
 */
export type MessageAppender = (drafts: MessageDraft[]) => Promise<(AppendOutcome | Error)[]>

/** Stores messages in one commit and tells what became of each, in their order. No two may share a sender's `client_message_id`. */
export async function appendDrafts(db: Statements, drafts: MessageDraft[]): Promise<AppendOutcome[]> {
  const rows = await runAppendStatement(db, drafts)
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
  if (row.messageId === null) {
    const isFileAtFault = row.isFileWrong === true && mayWrite(draft, row)
    return isFileAtFault
      ? { outcome: 'foreign_file' }
      : { outcome: 'refused', status: row.status, holderId: row.holderId }
  }
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
    created: begunAt,
    updated: sentAt,
    closed_at: null,
  }
  const { event, message: sent } = toSent(session, seq, message)
  event.previousAt = movedAt.get(sessionId) ?? row.movedAt
  movedAt.set(sessionId, sentAt)
  return { outcome: 'stored', event, session, message: sent }
}

/** A store's message makes its session, so that nothing but the file can be wrong with it. */
const mayWrite = ({ sender_type, sender_id }: MessageDraft, { status, holderId }: OutcomeRow): boolean =>
  sender_type === 'store' || (status === 'claimed' && holderId === sender_id)

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
