import type { Publisher, Subscriber } from '../events/publisher.js'
import type { SharedCounters } from './shared-counters.js'

/** The events of a node since its start. */
export interface PubSubCounts {
  /** Handed over by this node, those that were dropped included. */
  published: number
  /** Could not be sent to other nodes. */
  dropped: number
  /** Came from other nodes. */
  received: number
}

/**
 * Carries events between nodes, at most once. Whatever must not be lost is committed to PostgreSQL before it is published;
 * a node that missed an event here reads it from there.
 */
export interface PubSub extends Publisher, Subscriber {
  /** Counters that all nodes share; undefined where there is only one node. */
  readonly counters?: SharedCounters
  /**
   * Names the installation of this node. Installations that share one Redis do not hear each other: events travel only
   * between nodes with the same name. A new name moves every subscription; events published meanwhile may be missed.
   */
  joinInstallation(installation: string): void
  /** Whether events reach other nodes at the moment. */
  isUp(): boolean
  readonly counts: Readonly<PubSubCounts>
  /** Closes the connections. Events published or received after that are dropped. */
  close(): Promise<void>
}
