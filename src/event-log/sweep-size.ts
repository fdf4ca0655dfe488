import { isStatementTimeout } from '../database/failures.js'

/** What one sweep reads of a table, so that it ends in time after a long absence. */
export interface SweepBounds {
  most: number
  /** A sweep of this size that takes too long has another reason. */
  fewest: number
}

const BOUNDS_OF_SWEEPS: SweepBounds = { most: 200_000, fewest: 1000 }

/** Runs a sweep that reads so many events at most. One that returns `false` says nothing of the size: it stays. */
export type RunSweep = (sweep: (mostEvents: number) => Promise<unknown>) => Promise<void>

/**
 * Fits the size of sweeps to the database: one that exceeds the statement timeout would fail at each repetition, so the next
 * one reads half as much. The size doubles with each sweep that succeeds.
 * @param onTimeout is told the size of the next sweep
 */
export function createSweepSize(
  onTimeout: (mostEvents: number) => void,
  { most, fewest }: SweepBounds = BOUNDS_OF_SWEEPS,
): RunSweep {
  let mostEvents = most
  return async (sweep) => {
    try {
      if ((await sweep(mostEvents)) !== false) mostEvents = Math.min(2 * mostEvents, most)
    } catch (error) {
      if (!isStatementTimeout(error)) throw error
      mostEvents = Math.max(Math.floor(mostEvents / 2), fewest)
      onTimeout(mostEvents)
    }
  }
}
