import { isStatementTimeout } from '../database/failures.js'

/** What one sweep reads of a table, so that it ends in time after a long absence. */
export interface SweepBounds {
  most: number
  /** A sweep of this size that takes too long has another reason. */
  fewest: number
}

const BOUNDS_OF_SWEEPS: SweepBounds = { most: 200_000, fewest: 1000 }

/** How much the next sweep may read, beside this one: twice as much, the same, or half as much. */
export type NextSize = 'more' | 'same' | 'less'

/** Runs a sweep that reads so many events at most. */
export type RunSweep = (sweep: (mostEvents: number) => Promise<NextSize>) => Promise<void>

/**
 * Fits the size of sweeps to the database: one that exceeds the statement timeout would fail at each repetition, so the next
 * one reads half as much.
 * @param onTimeout is told the size of the next sweep
 */
export function createSweepSize(
  onTimeout: (mostEvents: number) => void,
  { most, fewest }: SweepBounds = BOUNDS_OF_SWEEPS,
): RunSweep {
  let mostEvents = most
  const shrink = () => (mostEvents = Math.max(Math.floor(mostEvents / 2), fewest))
  return async (sweep) => {
    try {
      const next = await sweep(mostEvents)
      if (next === 'more') mostEvents = Math.min(2 * mostEvents, most)
      else if (next === 'less') shrink()
    } catch (error) {
      if (!isStatementTimeout(error)) throw error
      onTimeout(shrink())
    }
  }
}
