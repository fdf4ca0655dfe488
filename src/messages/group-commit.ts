import type { Database } from '../database/database.js'
import { isDatabaseAway, isRefused } from '../database/failures.js'
import {
  appendContended,
  appendDrafts,
  type MessageAppender,
  type AppendOutcome,
  type MessageDraft,
} from './append-messages.js'
import { createCommitCounts, type CommitCounts } from './commit-counts.js'
import { traceCommits } from './trace-commits.js'
import type { Tracing } from '../instruments/tracing.js'
import { createFairBatches } from './fair-batches.js'

/** A batch of so many drafts stays below the longest string of V8, whatever they contain. */
const MAX_DRAFTS = 512
/** For contended sessions: a draft waits for all sessions of its batch. */
const MAX_CONTENDED_DRAFTS = 32
/** A flood of one sender must not fill whole batches. */
const MAX_DRAFTS_PER_SENDER = 16
/** Two statements keep PostgreSQL busy while the next batch collects. */
const MAX_CONCURRENCY = 2

type Outcome = AppendOutcome | Error
type Append = (drafts: MessageDraft[]) => Promise<AppendOutcome[]>

/**
 * Group commit: concurrent sends on this node share a statement and its commit. Each draft gets its own outcome: one that
 * cannot be stored fails alone, and one whose session is busy waits apart from the others.
 * @param counts are kept up
 */
export function createGroupCommit(
  db: Database,
  counts: CommitCounts = createCommitCounts(),
  tracing?: Tracing,
): MessageAppender {
  const traced = tracing && traceCommits(tracing)
  const measure = (append: Append) =>
    measureCommits(traced ? (some) => traced.commit(some, () => append(some)) : append, counts)
  const commit = measure((drafts) => appendDrafts(db, drafts))
  const commitContended = measure((drafts) => appendContended(db, drafts))
  const shares = { keyOf: nameSender, maxItemsPerKey: MAX_DRAFTS_PER_SENDER, maxConcurrency: MAX_CONCURRENCY }
  const appendWhenFree = createFairBatches<MessageDraft, Outcome>(
    { ...shares, maxItems: MAX_CONTENDED_DRAFTS },
    (drafts) => appendDistinct(commitContended, drafts),
  )
  const append = createFairBatches<MessageDraft, Outcome>({ ...shares, maxItems: MAX_DRAFTS }, async (drafts) => {
    const outcomes = await appendDistinct(commit, drafts)
    return drafts.map((draft, index) => {
      const outcome = outcomes[index] ?? new Error('A message got no outcome')
      return !(outcome instanceof Error) && outcome.outcome === 'busy' ? appendWhenFree(draft) : outcome
    })
  })
  const appendAll = (drafts: MessageDraft[]) => Promise.all(drafts.map((draft) => append(draft)))
  return traced ? (drafts) => traced.append(drafts, () => appendAll(drafts)) : appendAll
}

/** Counts what statements store, and how long they take. */
function measureCommits(append: Append, counts: CommitCounts): Append {
  return async (drafts) => {
    const startedAt = performance.now()
    counts.sizes.observe(drafts.length)
    try {
      const outcomes = await append(drafts)
      for (const outcome of outcomes) if (outcome.outcome === 'stored') counts.stored[outcome.message.sender_type]++
      return outcomes
    } finally {
      counts.durations.observe((performance.now() - startedAt) / 1000)
    }
  }
}

const nameSender = ({ sender_type, sender_id }: MessageDraft) => `${sender_type}:${sender_id}`

/** A statement may contain a sender's `client_message_id` only once. Of several such drafts the first one is appended. */
async function appendDistinct(append: Append, drafts: MessageDraft[]): Promise<Outcome[]> {
  const firstOf = findRepeats(drafts)
  if (firstOf.size === 0) return appendApart(append, drafts)
  const distinct = drafts.filter((draft) => !firstOf.has(draft))
  const appended = await appendApart(append, distinct)
  const outcomes = new Map(distinct.map((draft, index) => [draft, appended[index]]))
  return drafts.map((draft) => {
    const first = firstOf.get(draft)
    const outcome = outcomes.get(first ?? draft) ?? new Error('A message got no outcome')
    return first === undefined ? outcome : toRepeat(outcome)
  })
}

/** Finds the drafts that repeat the `client_message_id` of an earlier one, each with that one. */
function findRepeats(drafts: MessageDraft[]): Map<MessageDraft, MessageDraft> {
  const firsts = new Map<string, MessageDraft>()
  const firstOf = new Map<MessageDraft, MessageDraft>()
  for (const draft of drafts) {
    if (draft.client_message_id === null) continue
    const key = `${nameSender(draft)}:${draft.client_message_id}`
    const first = firsts.get(key)
    if (first === undefined) firsts.set(key, draft)
    else firstOf.set(draft, first)
  }
  return firstOf
}

function toRepeat(first: Outcome): Outcome {
  if (first instanceof Error) return first
  if (first.outcome === 'stored') return { outcome: 'known', messageId: first.message.id }
  // When the first one was refused, the id is still free, and the repeat may name another session.
  return first.outcome === 'refused' || first.outcome === 'foreign_file' ? { outcome: 'busy' } : first
}

/** Finds the drafts that make the statement fail, by halving the batch. */
async function appendApart(append: Append, drafts: MessageDraft[]): Promise<Outcome[]> {
  try {
    return await append(drafts)
  } catch (error) {
    if (drafts.length === 1 || isDatabaseAway(error) || !isRefused(error)) return drafts.map(() => error as Error)
    const middle = drafts.length >> 1
    const half = await appendApart(append, drafts.slice(0, middle))
    return half.concat(await appendApart(append, drafts.slice(middle)))
  }
}
