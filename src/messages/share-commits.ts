import type { Database } from '../database/database.js'
import { isDatabaseAway, isRefused } from '../database/failures.js'
import { gather } from '../database/gather.js'
import { appendMessages, type AppendMessage, type AppendOutcome, type MessageDraft } from './append-messages.js'

/**
 * Lets concurrent sends on this node share a statement and its commit. Each draft gets its own outcome: one that cannot be
 * stored with others is tried alone, and fails alone.
 */
export function shareCommits(db: Database): AppendMessage {
  return gather<MessageDraft, AppendOutcome>(async (drafts) => {
    const { firsts, repeats } = splitRepeats(drafts)
    const outcomes = new Map<MessageDraft, AppendOutcome | Error>()
    await appendTogether(db, firsts, outcomes)
    if (repeats.length > 0) await appendAlone(db, repeats, outcomes)
    return drafts.map((draft) => outcomes.get(draft) ?? new Error('A message got no outcome'))
  })
}

type Outcomes = Map<MessageDraft, AppendOutcome | Error>

async function appendTogether(db: Database, drafts: MessageDraft[], outcomes: Outcomes): Promise<void> {
  try {
    const together = await appendMessages(db, drafts)
    drafts.forEach((draft, index) => outcomes.set(draft, together[index] ?? new Error('A message got no outcome')))
  } catch (error) {
    if (drafts.length === 1 || isDatabaseAway(error) || !isRefused(error)) throw error
    await appendAlone(db, drafts, outcomes)
  }
}

async function appendAlone(db: Database, drafts: MessageDraft[], outcomes: Outcomes): Promise<void> {
  for (const draft of drafts) {
    const [outcome] = await appendMessages(db, [draft]).catch((error: unknown) => [error as Error])
    if (outcome !== undefined) outcomes.set(draft, outcome)
  }
}

/** One statement may name a sender's `client_message_id` only once. */
function splitRepeats(drafts: readonly MessageDraft[]): { firsts: MessageDraft[]; repeats: MessageDraft[] } {
  const seen = new Set<string>()
  const firsts: MessageDraft[] = []
  const repeats: MessageDraft[] = []
  for (const draft of drafts) {
    const { sender_type, sender_id, client_message_id } = draft
    const key = `${sender_type}:${sender_id}:${client_message_id}`
    const isRepeat = client_message_id !== null && seen.has(key)
    seen.add(key)
    ;(isRepeat ? repeats : firsts).push(draft)
  }
  return { firsts, repeats }
}
