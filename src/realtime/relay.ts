import type { SharedMemory } from '../limits/share-usage.js'
import type { Announcement } from './announce.js'

/** Called for each announcement on a channel. */
export type RelayListener = (announcement: Announcement) => void

/** Ends a subscription. */
export type Leave = () => void

/**
 * Carries announcements between the nodes, at most once: a doorbell, not a store. Whatever must not be lost is committed to
 * PostgreSQL before it is published, and read from there by whoever missed it here.
 */
export interface Relay {
  /**
   * Hands an announcement to every listener of the channels: to those of this node even while nothing travels, to each
   * once. Never waits, never throws; what cannot travel is dropped and counted.
   */
  publish(channels: string[], announcement: Announcement): void
  /**
   * Listens to a channel. Resolves once nothing published from now on is missed while the relay is up; while it is not,
   * it resolves too, and the channel is taken up when it is back.
   */
  subscribe(channel: string, listener: RelayListener): Promise<Leave>
  /** Where the nodes share numbers; undefined where there is one node. */
  readonly memory?: SharedMemory
  /**
   * Names what tells the installation of this node from others that use the same Redis: announcements travel between nodes
   * that have given the same name. Another one takes every channel along; what travels meanwhile may be missed.
   */
  joinInstallation(installation: string): void
  /** Whether announcements travel at the moment. */
  isUp(): boolean
  /** How many announcements could not travel. */
  droppedCount(): number
  /** Ends the connections. Publishing and what comes late are dropped after that. */
  close(): Promise<void>
}
