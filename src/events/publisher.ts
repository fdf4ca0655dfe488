import type { ChatEvent } from './events.js'

/** Called for each event on a channel. It must not throw. */
export type EventListener = (event: ChatEvent) => void

/** Ends a subscription. */
export type Unsubscribe = () => void

/** Sends events to the nodes, at most once. What must not be lost is committed to PostgreSQL first. */
export interface Publisher {
  /**
   * Hands an event to every listener of the channels, to each listener once. Listeners on this node get it even while Redis
   * is away. Never waits and never throws; an event that cannot be sent to other nodes is dropped and counted.
   */
  publish(channels: string[], event: ChatEvent): void
}

/** Receives events of the nodes, at most once. */
export interface Subscriber {
  /**
   * Listens to a channel. Resolves when nothing published from now on is missed while pub/sub is up. While it is down,
   * it resolves too, and the subscription is made when pub/sub is back.
   */
  subscribe(channel: string, listener: EventListener): Promise<Unsubscribe>
}
