import { DURATION_BOUNDS, Histogram } from '../../instruments/histogram.js'

/** How events came to the sockets of this node since its start. */
export interface DeliveryCounts {
  /** Seconds from the commit of an event to its delivery, by the clocks of PostgreSQL and of this node. */
  readonly latencies: Histogram
  /** Events that were read from PostgreSQL because pub/sub had not brought them, those of the reconciler included. */
  eventsFilled: number
  /** Events that only the reconciler found missing: no later event of their session had come. */
  eventsRepaired: number
  /** Sessions that were set back and began anew. */
  resets: number
}

export const createDeliveryCounts = (): DeliveryCounts => ({
  latencies: new Histogram(DURATION_BOUNDS),
  eventsFilled: 0,
  eventsRepaired: 0,
  resets: 0,
})
