import { Type, type Static } from '@sinclair/typebox'
import { IdSchema } from '../accounts/accounts.js'
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
 * SQL of a Message as JSON. `m` is the alias of chat_message; `receipts` that of the reading side's chat_receipt row of
 * each side, which may be missing. What `viewer` fetches is delivered to it by that.
 */
export function messageJson(m: string, receipts: { store: string; admin: string }, viewer?: 'store' | 'admin'): string {
  const statusFor = (reader: 'store' | 'admin') => `case
      when ${m}.id <= ${receipts[reader]}.read_up_to then 'read'
      ${viewer === reader ? '' : `when ${m}.id > coalesce(${receipts[reader]}.delivered_up_to, 0) then 'sent'`}
      else 'delivered' end`
  const fields = `'id', ${m}.id, 'session_id', ${m}.session_id, 'sender_type', ${m}.sender_type,
    'sender_id', ${m}.sender_id, 'content', ${m}.content, 'attachment_url', ${m}.attachment_url,
    'attachment_type', ${m}.attachment_type,
    'status', case ${m}.sender_type when 'admin' then ${statusFor('store')} else ${statusFor('admin')} end,
    'created', ${utc(`${m}.created`)}`
  return `case when ${m}.client_message_id is null then json_build_object(${fields})
    else json_build_object(${fields}, 'client_message_id', ${m}.client_message_id) end`
}
