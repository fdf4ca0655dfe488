import type { Database } from '../database/database.js'
import { isDatabaseAway, isRefused } from '../database/failures.js'
import { gather } from '../database/gather.js'
import { appendDrafts, type AppendMessages, type AppendOutcome, type MessageDraft } from './append-messages.js'

/** Calls that share a statement. A sender's call has few messages, so that all together stay below the longest string. */
const MOST_CALLS_TOGETHER = 128

/**
 * Lets concurrent sends on this node share a statement and its commit. Each draft gets its own outcome: one that cannot be
 * stored with others is tried alone, and fails alone.
 */
export function shareCommits(db: Database): AppendMessages {
  return gather<MessageDraft[], (AppendOutcome | Error)[]>(async (calls) => {
    const { firsts, repeats } = splitRepeats(calls.flat())
    const outcomes: Outcomes = new Map()
    await appendTogether(db, firsts, outcomes)
    if (repeats.length > 0) await appendAlone(db, repeats, outcomes)
    return calls.map((drafts) => drafts.map((draft) => outcomes.get(draft) ?? new Error('A message got no outcome')))
  }, MOST_CALLS_TOGETHER)
}

type Outcomes = Map<MessageDraft, AppendOutcome | Error>

async function appendTogether(db: Database, drafts: MessageDraft[], outcomes: Outcomes): Promise<void> {
  try {
    const together = await appendDrafts(db, drafts)
    drafts.forEach((draft, index) => outcomes.set(draft, together[index] ?? new Error('A message got no outcome')))
  } catch (error) {
    if (drafts.length === 1 || isDatabaseAway(error) || !isRefused(error)) throw error
    await appendAlone(db, drafts, outcomes)
  }
}

async function appendAlone(db: Database, drafts: MessageDraft[], outcomes: Outcomes): Promise<void> {
  for (const draft of drafts) {
    const [outcome] = await appendDrafts(db, [draft]).catch((error: unknown) => [error as Error])
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
    const key = client_message_id === null ? undefined : `${sender_type}:${sender_id}:${client_message_id}`
    const isRepeat = key !== undefined && seen.has(key)
    if (key !== undefined) seen.add(key)
    ;(isRepeat ? repeats : firsts).push(draft)
  }
  return { firsts, repeats }
}
