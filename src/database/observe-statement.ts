import type { QueryConfig } from 'pg'
import type { Tracing } from '../instruments/tracing.js'
import { isStatementTimeout } from './failures.js'
import type { PoolKind, StatementCounts } from './statement-counts.js'

export interface SlowStatement {
  /** The statement with placeholders instead of values. */
  text: string
  ms: number
}

/** Observers of the statements of a pool. */
export interface StatementObservers {
  counts: StatementCounts
  kind: PoolKind
  /** Statements that take at least this long are slow; 0: none is. */
  slowStatementMs: number
  onSlow(statement: SlowStatement): void
  tracing?: Tracing | undefined
}

const MAX_TEXT_LENGTH = 1000

/**
 * Runs a statement, counts and traces it, and reports it when it is slow. A statement outside of a trace, such as one
 * of a background task, gets no span.
 */
export async function observeStatement<T>(
  { counts, kind, slowStatementMs, onSlow, tracing }: StatementObservers,
  { text }: QueryConfig,
  run: () => Promise<T>,
): Promise<T> {
  const startedAt = performance.now()
  try {
    return await (tracing?.active() === undefined ? run() : tracing.run(describe(text), run))
  } catch (error) {
    counts.failed++
    if (isStatementTimeout(error)) counts.cut[kind]++
    throw error
  } finally {
    const ms = performance.now() - startedAt
    counts.durations.observe(ms / 1000)
    if (slowStatementMs > 0 && ms >= slowStatementMs) {
      counts.slow++
      onSlow({ text: cut(text), ms: Math.round(ms) })
    }
  }
}

/** The attributes follow https://opentelemetry.io/docs/specs/semconv/database/postgresql/ */
const describe = (text: string) => ({
  name: 'postgresql statement',
  kind: 'client' as const,
  attributes: { 'db.system.name': 'postgresql', 'db.query.text': cut(text) },
})

const cut = (text: string) => text.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_TEXT_LENGTH)
