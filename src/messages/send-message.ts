import { isUniqueViolation } from '../database/failures.js'
import { conflict, forbidden, invalidInput, notFound, unavailable } from '../errors/request-error.js'
import { publishMessage } from '../events/publish.js'
import { readFileId } from '../files/file-url.js'
import { getOrCreateSession, type SessionDeps } from '../sessions/get-or-create-session.js'
import type { AppendOutcome, MessageAppender, MessageDraft } from './append-messages.js'
import { isSameAttachmentType, readAttachmentType } from './attachment-type.js'
import type { Sent } from './sent-message.js'
import type { Account } from '../protocol/account.js'
import type { MessageInput } from '../protocol/schemas/messages.js'

const ATTEMPTS = 20

/** What sending needs. One object serves a whole node. */
export interface SendDeps extends SessionDeps {
  appendMessages: MessageAppender
  /** Reads a stored message by its id. Concurrent reads share a statement. */
  readSent: (messageId: number) => Promise<Sent | undefined>
  /** What clients reach the service by, where that is configured. */
  publicUrl: string | undefined
}

/** The result of a send: the message that was stored now, or before. */
export type SendResult = Sent & { outcome: 'stored' | 'known' }

/** The most messages of one sender that are stored together. */
export const MAX_MESSAGES_PER_SEND = 8

type Input = MessageInput & { session_id?: number }

/**
 * Sends a message: a store's to its active session, which is created if there is none, an admin's to the session that it
 * names and holds. With a `client_message_id` the send is idempotent, for ever. The message is published once, after its
 * commit.
 * @throws RequestError 400 empty · 403 not the holder · 404 · 409 closed, or the id was used for something else
 */
export async function sendMessage(deps: SendDeps, sender: Account, input: Input): Promise<SendResult> {
  const [result] = await sendMessages(deps, sender, [input])
  if (result === undefined) throw new Error('A message got no outcome')
  if (result instanceof Error) throw result
  return result
}

/** Sends messages of one sender in order. Returns for each what `sendMessage` would return or throw. */
export async function sendMessages(deps: SendDeps, sender: Account, inputs: Input[]): Promise<(SendResult | Error)[]> {
  const drafts = inputs.map((input) => toDraft(deps, sender, input))
  const outcomes = await append(
    deps,
    drafts.filter((draft): draft is MessageDraft => !(draft instanceof Error)),
  )
  const results = drafts.map((draft) => {
    if (draft instanceof Error) return draft
    const outcome = outcomes.shift()
    return resolveOutcome(deps, draft, outcome) ?? { draft, outcome }
  })
  // What is stored has been published: it does not wait for drafts that need another statement.
  const resolved: (SendResult | Error)[] = []
  for (const result of results) resolved.push('draft' in result ? await resolveLater(deps, result) : result)
  return resolved
}

async function append(deps: SendDeps, drafts: MessageDraft[]): Promise<(AppendOutcome | Error)[]> {
  if (drafts.length === 0) return []
  try {
    return await deps.appendMessages(drafts)
  } catch (error) {
    return drafts.map(() => error as Error)
  }
}

/** A draft that needs another statement, with its outcome so far. */
interface Unresolved {
  draft: MessageDraft
  outcome: AppendOutcome | Error | undefined
}

/** Publishes a stored message and returns its result. Undefined when the draft needs another statement. */
function resolveOutcome(
  deps: SendDeps,
  draft: MessageDraft,
  outcome: AppendOutcome | Error | undefined,
): SendResult | Error | undefined {
  // The same draft was being stored elsewhere at this moment; the next attempt finds it.
  if (outcome === undefined || outcome instanceof Error) return isUniqueViolation(outcome) ? undefined : outcome
  if (outcome.outcome === 'stored') {
    publishMessage(deps.publisher, outcome.event, outcome.message)
    return outcome
  }
  if (outcome.outcome === 'foreign_file') {
    return invalidInput([{ field: 'attachment_url', message: 'is not a file of the sender or of the session' }])
  }
  return outcome.outcome === 'refused' && draft.sender_type === 'admin'
    ? toRefusal(outcome, draft.sender_id)
    : undefined
}

/** Reads a message that was stored before, creates a missing session of a store, or tries again. */
async function resolveLater(deps: SendDeps, { draft, outcome: first }: Unresolved): Promise<SendResult | Error> {
  let outcome = first
  try {
    for (let attempt = 1; attempt < ATTEMPTS; attempt++) {
      if (outcome !== undefined && !(outcome instanceof Error)) {
        if (outcome.outcome === 'known') return await readKnown(deps, draft, outcome.messageId)
        if (outcome.outcome === 'refused') await getOrCreateSession(deps, draft.sender_id)
      }
      ;[outcome] = await append(deps, [draft])
      const result = resolveOutcome(deps, draft, outcome)
      if (result !== undefined) return result
    }
  } catch (error) {
    return error as Error
  }
  return unavailable()
}

async function readKnown(deps: SendDeps, draft: MessageDraft, messageId: number): Promise<SendResult | Error> {
  const sent = await deps.readSent(messageId)
  if (sent === undefined) return unavailable()
  const { content, attachment_url, attachment_type, session_id } = sent.message
  const isSame =
    draft.content === content &&
    draft.attachment_url === attachment_url &&
    // The type of a file replaces the one that was sent.
    (draft.file_id !== undefined || isSameAttachmentType(attachment_url, draft.attachment_type, attachment_type)) &&
    (draft.session_id === null || draft.session_id === session_id)
  return isSame ? { outcome: 'known', ...sent } : conflict('This client_message_id was used for another message')
}

function toDraft({ publicUrl }: SendDeps, sender: Account, input: Input): MessageDraft | Error {
  const { content = '', attachment_url = '', attachment_type = '', client_message_id = null, session_id } = input
  if (content.trim() === '' && attachment_url === '') {
    return invalidInput([{ field: 'content', message: 'or attachment_url is needed' }])
  }
  const fileId = attachment_url === '' ? undefined : readFileId(attachment_url)
  return {
    sender_type: sender.side,
    sender_id: sender.id,
    session_id: sender.side === 'admin' ? (session_id ?? null) : null,
    content,
    attachment_url,
    attachment_type: readAttachmentType(attachment_url, attachment_type),
    client_message_id,
    ...(fileId !== undefined && {
      file_id: fileId,
      // Without a configured address, clients may reach the service by any.
      is_file_required: publicUrl === undefined || attachment_url.startsWith(`${publicUrl}/`),
    }),
  }
}

function toRefusal({ status, holderId }: AppendOutcome & { outcome: 'refused' }, adminId: number): Error {
  if (status === null) return notFound('Session not found')
  if (status === 'open') return forbidden('Claim the session before you write to it')
  if (status === 'closed' && (holderId === null || holderId === adminId)) return conflict('The session is closed')
  return forbidden('Another admin holds this session')
}
