/** Called for each payload of a channel, in the order they came. */
export type RelayListener = (payload: string) => void

/**
 * Carries payloads between the nodes, at most once: a doorbell, not a store. Whatever must not be lost is committed to
 * PostgreSQL before it is published, and read from there by whoever missed it here.
 */
export interface Relay {
  /** Hands a payload to every listener of the channels, on every node. Never waits, never throws; a failure is counted. */
  publish(channels: string[], payload: string): void
  /** Listens to a channel; resolves once nothing published from now on is missed while the relay is up. */
  subscribe(channel: string, listener: RelayListener): Promise<void>
  /** Whether payloads travel at the moment. */
  isUp(): boolean
  /** Ends the connections. Publishing and late payloads are dropped after that. */
  close(): Promise<void>
}
