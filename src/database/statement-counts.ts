import { DURATION_BOUNDS, Histogram } from '../instruments/histogram.js'

/**
 * Counts of statements since the start, those in Prisma's transactions excluded. The pools of a node share them, except
 * the pools of replicas.
 */
export interface StatementCounts {
  /** Durations of statements in seconds, excluding the wait for a connection. */
  readonly durations: Histogram
  /** Statements that took longer than the limit for slow ones. */
  slow: number
  /** Statements that failed on their connection. */
  failed: number
  /** Failed statements that exceeded their timeout, by pool. */
  readonly cut: Record<PoolKind, number>
}

/** `reading`: the pools of searches and reports. */
export type PoolKind = 'chat' | 'reading'

export const createStatementCounts = (): StatementCounts => ({
  durations: new Histogram(DURATION_BOUNDS),
  slow: 0,
  failed: 0,
  cut: { chat: 0, reading: 0 },
})
