import { DURATION_BOUNDS, Histogram } from '../instruments/histogram.js'

/** Upper bounds of the messages in a commit, up to the most that share one. */
const SIZE_BOUNDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]

/** What the group commit of this node stored since its start. */
export interface CommitCounts {
  /** Messages that were stored, by their sender. */
  readonly stored: { store: number; admin: number }
  /** Messages of each statement, whatever became of them. */
  readonly sizes: Histogram
  /** Seconds that each statement took, with its commit. */
  readonly durations: Histogram
}

export const createCommitCounts = (): CommitCounts => ({
  stored: { store: 0, admin: 0 },
  sizes: new Histogram(SIZE_BOUNDS),
  durations: new Histogram(DURATION_BOUNDS),
})
