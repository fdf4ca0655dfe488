import { Type, type Static } from '@sinclair/typebox'
import { IdSchema } from '../accounts/accounts.js'
import type { Side } from '../accounts/authentication.js'
import { utc } from '../database/sql.js'

export const SideSchema = Type.Union([Type.Literal('store'), Type.Literal('admin')])

export const MessageSchema = Type.Object(
  {
    id: IdSchema,
    session_id: IdSchema,
    sender_type: SideSchema,
    sender_id: IdSchema,
    content: Type.String(),
    attachment_url: Type.String({ description: 'Empty when there is none.' }),
    attachment_type: Type.String({ description: 'Empty when there is none.' }),
    status: Type.Union([Type.Literal('sent'), Type.Literal('delivered'), Type.Literal('read')]),
    created: Type.String({ format: 'date-time' }),
    client_message_id: Type.Optional(Type.String({ description: 'Only when the sender gave one.' })),
  },
  { title: 'Message' },
)
export type Message = Static<typeof MessageSchema>

/**
 * SQL of a Message as JSON, where `m` is the alias of chat_message and the receipts are joined by `joinReceipts`. What
 * `viewer` fetches is delivered to it by that.
 */
export function messageJson(m: string, viewer?: Side): string {
  const statusFor = (reader: Side) => `case
      when ${m}.id <= by_${reader}.read_up_to then 'read'
      ${viewer === reader ? '' : `when ${m}.id > coalesce(by_${reader}.delivered_up_to, 0) then 'sent'`}
      else 'delivered' end`
  const fields = `'id', ${m}.id, 'session_id', ${m}.session_id, 'sender_type', ${m}.sender_type,
    'sender_id', ${m}.sender_id, 'content', ${m}.content, 'attachment_url', ${m}.attachment_url,
    'attachment_type', ${m}.attachment_type,
    'status', case ${m}.sender_type when 'admin' then ${statusFor('store')} else ${statusFor('admin')} end,
    'created', ${utc(`${m}.created`)}`
  return `case when ${m}.client_message_id is null then json_build_object(${fields})
    else json_build_object(${fields}, 'client_message_id', ${m}.client_message_id) end`
}

/** SQL that joins how far each side has got in a session, as `by_store` and `by_admin`; `id` is that of the session. */
export const joinReceipts = (id: string) => `
  left join chat_receipt by_store on by_store.session_id = ${id} and by_store.side = 'store'
  left join chat_receipt by_admin on by_admin.session_id = ${id} and by_admin.side = 'admin'`
