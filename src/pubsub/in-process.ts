import { batchPerTick } from './batch-per-tick.js'
import { createListeners } from './local-listeners.js'
import type { PubSub } from './pubsub.js'
import type { ChatEvent } from '../events/events.js'

/** Joins in-process pub/subs: in tests, nodes that share a process. */
export type Bus = Set<(channel: string, event: ChatEvent) => void>

/** A pub/sub within this process, for a single node. Nodes that share a process and a bus receive each other's events. */
export function createInProcessPubSub(bus: Bus = new Set()): PubSub {
  const listeners = createListeners()
  const counts = { published: 0, dropped: 0, received: 0 }
  const batch = batchPerTick<ChatEvent>((byChannel) => {
    for (const [channel, events] of byChannel) {
      for (const event of events) for (const dispatch of bus) dispatch(channel, event)
    }
  })
  bus.add(listeners.dispatch)
  return {
    // In the next tick, as over a network: a listener never runs inside `publish`.
    publish(channels, event) {
      counts.published++
      batch(channels, event)
    },
    async subscribe(channel, listener) {
      listeners.add(channel, listener)
      return () => listeners.remove(channel, listener)
    },
    // A bus belongs to one installation.
    joinInstallation: () => undefined,
    isUp: () => bus.has(listeners.dispatch),
    counts,
    async close() {
      bus.delete(listeners.dispatch)
      listeners.clear()
    },
  }
}
