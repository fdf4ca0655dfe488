import type { Statements } from '../database/database.js'
import { defineColumns } from '../database/columns.js'
import { epochMs } from '../database/sql.js'
import { Prisma } from '../generated/prisma/client.js'
import { sessionExpressions, type SessionRow } from '../database/rows/sessions.js'
import {
  joinReceipts,
  messageExpressions,
  receiptExpressions,
  toMessage,
  type MessageRow,
  type Receipts,
} from '../database/rows/messages.js'
import type { Message } from '../protocol/schemas/messages.js'
import type { MessageEvent } from '../events/events.js'

/** A stored message, with its session. */
export interface Sent {
  event: MessageEvent
  session: SessionRow
  message: Message
}

/** `created` is the message's, `sessionCreatedAt` its session's. */
interface SentRow extends MessageRow, Receipts, Omit<SessionRow, 'id' | 'created'> {
  seq: number
  sessionCreatedAt: number
}

const sentColumns = defineColumns<SentRow>({
  ...sessionExpressions,
  ...receiptExpressions,
  ...messageExpressions,
  seq: 'm.seq',
  sessionCreatedAt: epochMs('s.created'),
})

/** Reads stored messages with their current status, by id. */
export async function readSent(db: Statements, ids: number[]): Promise<Map<number, Sent>> {
  const rows = await sentColumns.read(
    db,
    Prisma.sql`
    ${sentColumns.select} from chat_message m join chat_session s on s.id = m.session_id
    ${Prisma.raw(joinReceipts('s.id'))} where m.id = any(${ids}::bigint[])`,
  )
  return new Map(
    rows.map((row) => [
      row.id,
      toSent({ ...row, id: row.session_id, created: row.sessionCreatedAt }, row.seq, row, row),
    ]),
  )
}

export function toSent(session: SessionRow, seq: number, message: MessageRow, receipts?: Receipts): Sent {
  const { id: sessionId, store_id: storeId, admin_id: holderId } = session
  const { id: messageId, sender_type: senderType } = message
  const event: MessageEvent = { sessionId, storeId, holderId, seq, messageId, senderType, at: message.created }
  return { event, session, message: toMessage(message, receipts) }
}
