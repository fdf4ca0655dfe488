import { defineColumns } from '../columns.js'
import { epochMs, toUtc } from '../sql.js'
import type { Side } from '../../protocol/account.js'
import type { Message } from '../../protocol/schemas/messages.js'

/** A row of chat_message, `created` in milliseconds since the epoch. */
export type MessageRow = Omit<Message, 'status' | 'created' | 'client_message_id'> & {
  client_message_id: string | null
  created: number
}

/** SQL of a MessageRow's fields, where `m` is the alias of chat_message. */
export const messageExpressions = {
  id: 'm.id',
  session_id: 'm.session_id',
  sender_type: 'm.sender_type',
  sender_id: 'm.sender_id',
  content: 'm.content',
  attachment_url: 'm.attachment_url',
  attachment_type: 'm.attachment_type',
  client_message_id: 'm.client_message_id',
  created: epochMs('m.created'),
}
export const messageColumns = defineColumns<MessageRow>(messageExpressions)

/** The watermarks of both sides of a session, as message ids; null where nothing was delivered or read. */
export interface Receipts {
  deliveredToStore: number | null
  readByStore: number | null
  deliveredToAdmin: number | null
  readByAdmin: number | null
}

/** SQL of the fields of Receipts. The statement must contain `joinReceipts`. */
export const receiptExpressions = {
  deliveredToStore: 'by_store.delivered_up_to',
  readByStore: 'by_store.read_up_to',
  deliveredToAdmin: 'by_admin.delivered_up_to',
  readByAdmin: 'by_admin.read_up_to',
}
export const receiptColumns = defineColumns<Receipts>(receiptExpressions)

/** SQL that joins the receipts of both sides of a session; `id` is that of the session. */
export const joinReceipts = (id: string) => `
  left join chat_receipt by_store on by_store.session_id = ${id} and by_store.side = 'store'
  left join chat_receipt by_admin on by_admin.session_id = ${id} and by_admin.side = 'admin'`

/** SQL of a session's receipts as a value for `receiptColumns.toRows`. */
export const receiptsOf = (id: string) => `(select ${receiptColumns.json} from (select) one ${joinReceipts(id)})`

/** Converts a row to a message for the wire. A message that `viewer` fetches counts as delivered to it. */
export function toMessage(row: MessageRow, receipts: Receipts | undefined, viewer?: Side): Message {
  const message: Message = {
    id: row.id,
    session_id: row.session_id,
    sender_type: row.sender_type,
    sender_id: row.sender_id,
    content: row.content,
    attachment_url: row.attachment_url,
    attachment_type: row.attachment_type,
    status: statusOf(row, receipts, viewer),
    created: toUtc(row.created),
  }
  if (row.client_message_id !== null) message.client_message_id = row.client_message_id
  return message
}

function statusOf({ id, sender_type }: MessageRow, receipts: Receipts | undefined, viewer?: Side): Message['status'] {
  const isAdmins = sender_type === 'admin'
  const read = isAdmins ? receipts?.readByStore : receipts?.readByAdmin
  if (id <= (read ?? 0)) return 'read'
  const delivered = isAdmins ? receipts?.deliveredToStore : receipts?.deliveredToAdmin
  return viewer === (isAdmins ? 'store' : 'admin') || id <= (delivered ?? 0) ? 'delivered' : 'sent'
}

/** Returns the id of the newest of these messages (oldest first) that the reader did not write; null without one. */
export function newestForeign(messages: Pick<Message, 'id' | 'sender_type'>[], reader: Side): number | null {
  return messages.findLast(({ sender_type }) => sender_type !== reader)?.id ?? null
}

/** Returns the message id, or null when that message was received before. */
export const unreceived = (id: number | null, receivedUpTo: number | null) =>
  id !== null && id > (receivedUpTo ?? 0) ? id : null

/**
 * Returns the id of the newest of these messages (oldest first) that is not delivered to the reader yet; null without
 * one.
 */
export function findUndelivered(messages: MessageRow[], receipts: Receipts, reader: Side): number | null {
  const { deliveredToStore, deliveredToAdmin } = receipts
  return unreceived(newestForeign(messages, reader), reader === 'store' ? deliveredToStore : deliveredToAdmin)
}

/** SQL: who held the session when the message `m` was sent. */
export const holderOfMessage = `case m.sender_type when 'admin' then m.sender_id else m.holder_id end`
