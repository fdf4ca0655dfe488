import { Type, type Static } from '@sinclair/typebox'
import { IdSchema } from '../accounts/accounts.js'
import type { Account } from '../accounts/authentication.js'
import type { Chat } from '../chat.js'
import { isUniqueViolation } from '../database/failures.js'
import { conflict, forbidden, invalidInput, notFound, unavailable } from '../errors.js'
import { announceMessage, type MessageEvent } from '../realtime/announce.js'
import { getOrCreateSession } from '../sessions/get-or-create-session.js'
import type { AppendOutcome, MessageDraft } from './append-messages.js'
import { guessAttachmentType } from './attachment-type.js'

const ATTEMPTS = 20

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
  attachment_type: Type.Optional(Type.String({ maxLength: 100, format: 'text', examples: ['image'] })),
  client_message_id: Type.Optional(ClientMessageIdSchema),
})
export type MessageInput = Static<typeof StoreMessageInputSchema>

/** What an admin sends: the same, and into which session. */
export const AdminMessageInputSchema = Type.Object({ session_id: IdSchema, ...StoreMessageInputSchema.properties })

/** A stored message, now or before, with its session. */
export type Sent = Exclude<AppendOutcome, { outcome: 'refused' }>

/**
 * Sends a message: a store's into its active session, which is made if there is none, an admin's into the session it
 * names and holds. With a `client_message_id` it can be repeated without harm, for ever. Announced once, after its commit.
 * @throws RequestError 400 empty · 403 not the holder · 404 · 409 closed, or the id was used for something else
 */
export async function sendMessage(
  chat: Chat,
  sender: Account,
  input: MessageInput & { session_id?: number },
): Promise<Sent> {
  const draft = toDraft(sender, input)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const outcome = await tryAppend(chat, draft)
    if (outcome === undefined) continue
    if (outcome.outcome === 'stored') {
      announceMessage(chat.relay, eventOf(outcome), outcome.message)
      return outcome
    }
    if (outcome.outcome === 'known') {
      if (outcome.isSame) return outcome
      throw conflict('This client_message_id was used for another message')
    }
    if (sender.side === 'admin') throw toRefusal(outcome, sender.id)
    await getOrCreateSession(chat, sender.id)
  }
  throw unavailable()
}

/** Undefined when the same draft was being stored elsewhere at this moment: the next look finds it. */
async function tryAppend({ appendMessage }: Chat, draft: MessageDraft): Promise<AppendOutcome | undefined> {
  try {
    return await appendMessage(draft)
  } catch (error) {
    if (isUniqueViolation(error)) return undefined
    throw error
  }
}

function toDraft(sender: Account, input: MessageInput & { session_id?: number }): MessageDraft {
  const { content = '', attachment_url = '', attachment_type = '', client_message_id = null, session_id } = input
  if (content.trim() === '' && attachment_url === '') {
    throw invalidInput([{ field: 'content', message: 'or attachment_url is needed' }])
  }
  return {
    sender_type: sender.side,
    sender_id: sender.id,
    session_id: sender.side === 'admin' ? (session_id ?? null) : null,
    content,
    attachment_url,
    attachment_type:
      attachment_url === '' || attachment_type === '' ? guessAttachmentType(attachment_url) : attachment_type,
    client_message_id,
  }
}

function toRefusal({ status, holderId }: AppendOutcome & { outcome: 'refused' }, adminId: number): Error {
  if (status === null) return notFound('Session not found')
  if (status === 'open') return forbidden('Claim the session before you write to it')
  if (status === 'closed' && (holderId === null || holderId === adminId)) return conflict('The session is closed')
  return forbidden('Another admin holds this session')
}

function eventOf({ sessionId, storeId, holderId, seq, messageId, senderType }: Sent): MessageEvent {
  return { sessionId, storeId, holderId, seq, messageId, senderType }
}
