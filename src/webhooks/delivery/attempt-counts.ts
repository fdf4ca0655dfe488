import { Histogram } from '../../instruments/histogram.js'

/** What this node's attempts to deliver events came to since its start, those of tests and replays included. */
export interface AttemptCounts {
  /** Answered with a 2xx. */
  delivered: number
  /** Answered with another status. */
  refused: number
  /** Not answered: the address is not allowed or cannot be reached, or the receiver was silent for too long. */
  unanswered: number
  /** Seconds of each attempt. */
  readonly durations: Histogram
  /** Events that were given up: their sessions wait for a replay. */
  givenUp: number
}

export const createAttemptCounts = (): AttemptCounts => ({
  delivered: 0,
  refused: 0,
  unanswered: 0,
  durations: new Histogram(),
  givenUp: 0,
})
