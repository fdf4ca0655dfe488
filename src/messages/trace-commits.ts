import type { Span, Tracing } from '../instruments/tracing.js'
import type { MessageDraft } from './append-messages.js'

/** Traces the drafts of a group commit. */
export interface CommitTracing {
  /** Runs the appending of a sender's drafts in a span of the sender's trace. */
  append<T>(drafts: MessageDraft[], work: () => Promise<T>): Promise<T>
  /** Runs a statement that stores drafts of several senders in a span of the first one's trace, linked with all others. */
  commit<T>(drafts: MessageDraft[], work: () => Promise<T>): Promise<T>
}

export function traceCommits(tracing: Tracing): CommitTracing {
  /** The span that each draft waits in. A draft itself is sent to PostgreSQL as it is. */
  const spans = new WeakMap<MessageDraft, Span>()
  return {
    append: (drafts, work) =>
      tracing.run({ name: 'append messages', kind: 'internal' }, (span) => {
        for (const draft of drafts) spans.set(draft, span)
        return work()
      }),
    commit(drafts, work) {
      const waiting = [...new Set(drafts.flatMap((draft) => spans.get(draft) ?? []))]
      const [first, ...others] = waiting.map(({ traceparent }) => traceparent)
      const description = {
        name: 'commit messages',
        kind: 'internal' as const,
        attributes: { 'db.operation.batch.size': drafts.length },
        parent: first ?? 'none',
        links: others,
      }
      return tracing.run(description, (span) => {
        for (const one of waiting.slice(1)) one.link(span.traceparent)
        return work()
      })
    },
  }
}
