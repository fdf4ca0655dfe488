import { Histogram } from '../../instruments/histogram.js'

/** Outcomes of this node's delivery attempts since its start, including tests and replays. */
export interface AttemptCounts {
  /** Answered with a 2xx status. */
  delivered: number
  /** Answered with another status. */
  refused: number
  /** Not answered: the address is not allowed or cannot be reached, or the receiver timed out. */
  unanswered: number
  /** Durations of the attempts in seconds. */
  readonly durations: Histogram
  /** Events that this node gave up. Their sessions wait for a replay. */
  givenUp: number
  /** Deliveries that began at a limited rate, because the node or its machine was saturated. */
  delayed: number
}

export const createAttemptCounts = (): AttemptCounts => ({
  delivered: 0,
  refused: 0,
  unanswered: 0,
  durations: new Histogram(),
  givenUp: 0,
  delayed: 0,
})
