import { DURATION_BOUNDS, Histogram } from '../instruments/histogram.js'

/** What the statements of a pool took since its start, transactions left out. */
export interface StatementCounts {
  /** Seconds of each statement, without the wait for a connection. */
  readonly durations: Histogram
  /** Statements that took longer than the limit for slow ones. */
  slow: number
  /** Statements that failed on their connection. */
  failed: number
  /** Those of them that ended because they took too long. */
  readonly cut: Record<PoolKind, number>
}

/** `reading` are the connections of searches and reports. */
export type PoolKind = 'chat' | 'reading'

export const createStatementCounts = (): StatementCounts => ({
  durations: new Histogram(DURATION_BOUNDS),
  slow: 0,
  failed: 0,
  cut: { chat: 0, reading: 0 },
})
