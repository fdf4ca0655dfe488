import { Type, type Static } from '@sinclair/typebox'
import { IdSchema } from './id.js'

export const SideSchema = Type.Union([Type.Literal('store'), Type.Literal('admin')])

export const MessageSchema = Type.Object(
  {
    id: IdSchema,
    session_id: IdSchema,
    sender_type: SideSchema,
    sender_id: IdSchema,
    content: Type.String(),
    attachment_url: Type.String({ description: 'Empty when there is none.' }),
    attachment_type: Type.String({
      description: 'MIME type; `application/octet-stream` when nothing is known, empty without an attachment.',
      examples: ['image/jpeg'],
    }),
    status: Type.Union([Type.Literal('sent'), Type.Literal('delivered'), Type.Literal('read')]),
    created: Type.String({ format: 'date-time' }),
    client_message_id: Type.Optional(Type.String({ description: 'Only when the sender gave one.' })),
  },
  { title: 'Message' },
)

export type Message = Static<typeof MessageSchema>

export const ClientMessageIdSchema = Type.String({
  minLength: 1,
  maxLength: 64,
  format: 'text',
  description: 'Makes the send idempotent: the same id again returns the first message.',
  examples: ['0d9f4c1e-6c3b'],
})

/** What a store sends, over HTTP and over a socket. */
export const StoreMessageInputSchema = Type.Object({
  content: Type.Optional(Type.String({ maxLength: 10_000, format: 'text', examples: ['My order has not arrived'] })),
  attachment_url: Type.Optional(
    Type.String({ maxLength: 2048, format: 'http-url-or-empty', examples: ['https://example.com/receipt.png'] }),
  ),
  attachment_type: Type.Optional(
    Type.String({
      maxLength: 100,
      format: 'text',
      description: 'MIME type. Guessed from the URL when missing, or when it is none.',
      examples: ['image/png'],
    }),
  ),
  client_message_id: Type.Optional(ClientMessageIdSchema),
})

export type MessageInput = Static<typeof StoreMessageInputSchema>

/** What an admin sends: the same, and into which session. */
export const AdminMessageInputSchema = Type.Object({ session_id: IdSchema, ...StoreMessageInputSchema.properties })
