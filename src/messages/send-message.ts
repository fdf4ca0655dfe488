import { Type, type Static } from '@sinclair/typebox'
import { IdSchema } from '../accounts/accounts.js'
import type { Account } from '../accounts/authentication.js'
import type { Chat } from '../chat.js'
import { isUniqueViolation } from '../database/failures.js'
import { conflict, forbidden, invalidInput, notFound, unavailable } from '../errors.js'
import { announceMessage } from '../realtime/announce.js'
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

/** Of one sender, so many may be sent together. */
export const MOST_SENT_TOGETHER = 8

type Input = MessageInput & { session_id?: number }

/**
 * Sends a message: a store's into its active session, which is made if there is none, an admin's into the session it
 * names and holds. With a `client_message_id` it can be repeated without harm, for ever. Announced once, after its commit.
 * @throws RequestError 400 empty · 403 not the holder · 404 · 409 closed, or the id was used for something else
 */
export async function sendMessage(chat: Chat, sender: Account, input: Input): Promise<Sent> {
  const [result] = await sendMessages(chat, sender, [input])
  if (result === undefined) throw new Error('A message got no outcome')
  if (result instanceof Error) throw result
  return result
}

/** Sends messages of one sender in their order, and tells what became of each: what `sendMessage` would return or throw. */
export async function sendMessages(chat: Chat, sender: Account, inputs: Input[]): Promise<(Sent | Error)[]> {
  const drafts = inputs.map((input) => toDraft(sender, input))
  const outcomes = await append(
    chat,
    drafts.filter((draft): draft is MessageDraft => !(draft instanceof Error)),
  )
  const results: (Sent | Error)[] = []
  for (const draft of drafts) {
    if (draft instanceof Error) results.push(draft)
    else {
      const outcome = outcomes.shift()
      results.push(judge(chat, draft, outcome) ?? (await tryAgain(chat, draft, outcome)))
    }
  }
  return results
}

async function append(chat: Chat, drafts: MessageDraft[]): Promise<(AppendOutcome | Error)[]> {
  if (drafts.length === 0) return []
  try {
    return await chat.appendMessages(drafts)
  } catch (error) {
    return drafts.map(() => error as Error)
  }
}

/** Announces what has been stored. Undefined for what is worth another try. */
function judge(chat: Chat, draft: MessageDraft, outcome: AppendOutcome | Error | undefined): Sent | Error | undefined {
  // When the same draft was being stored elsewhere at this moment, the next look finds it.
  if (outcome === undefined || outcome instanceof Error) return isUniqueViolation(outcome) ? undefined : outcome
  if (outcome.outcome === 'stored') announceMessage(chat.relay, outcome.event, outcome.message)
  else if (outcome.outcome === 'refused') {
    return draft.sender_type === 'admin' ? toRefusal(outcome, draft.sender_id) : undefined
  } else if (!outcome.isSame) return conflict('This client_message_id was used for another message')
  return outcome
}

async function tryAgain(
  chat: Chat,
  draft: MessageDraft,
  first: AppendOutcome | Error | undefined,
): Promise<Sent | Error> {
  let outcome = first
  try {
    for (let attempt = 1; attempt < ATTEMPTS; attempt++) {
      if (!(outcome instanceof Error)) await getOrCreateSession(chat, draft.sender_id)
      ;[outcome] = await append(chat, [draft])
      const result = judge(chat, draft, outcome)
      if (result !== undefined) return result
    }
  } catch (error) {
    return error as Error
  }
  return unavailable()
}

function toDraft(sender: Account, input: Input): MessageDraft | Error {
  const { content = '', attachment_url = '', attachment_type = '', client_message_id = null, session_id } = input
  if (content.trim() === '' && attachment_url === '') {
    return invalidInput([{ field: 'content', message: 'or attachment_url is needed' }])
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
