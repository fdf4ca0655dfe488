import { isStatementTimeout } from '../database/failures.js'

/** What one sweep reads of a table at most, so that it ends in time after a long absence. */
const MOST_EVENTS = 200_000
/** A sweep of this size that takes too long has another reason. */
const FEWEST_EVENTS = 1000

/** Runs a sweep that reads so many events at most. */
export type RunSweep = (sweep: (mostEvents: number) => Promise<unknown>) => Promise<void>

/**
 * Fits the size of sweeps to the database: one that exceeds the statement timeout would fail at each repetition, so the next
 * one reads half as much. The size doubles with each sweep that succeeds.
 * @param onTimeout is told the size of the next sweep
 */
export function createSweepSize(onTimeout: (mostEvents: number) => void): RunSweep {
  let mostEvents = MOST_EVENTS
  return async (sweep) => {
    try {
      await sweep(mostEvents)
      mostEvents = Math.min(2 * mostEvents, MOST_EVENTS)
    } catch (error) {
      if (!isStatementTimeout(error)) throw error
      mostEvents = Math.max(Math.floor(mostEvents / 2), FEWEST_EVENTS)
      onTimeout(mostEvents)
    }
  }
}
