import type { Announcement } from './announce.js'
import { collectTurn } from './collect-turn.js'
import { createListeners } from './listeners.js'
import type { Relay } from './relay.js'

/** What joins local relays: in tests, nodes that share a process. */
export type Bus = Set<(channel: string, announcement: Announcement) => void>

/** A relay within this process, for a single node. Nodes that share a process and a bus hear each other. */
export function createLocalRelay(bus: Bus = new Set()): Relay {
  const listeners = createListeners()
  bus.add(listeners.dispatch)
  return {
    // Later, as over a network: a listener never runs inside the publisher's own statement.
    publish: collectTurn<Announcement>((byChannel) => {
      for (const [channel, announcements] of byChannel) {
        for (const announcement of announcements) for (const dispatch of bus) dispatch(channel, announcement)
      }
    }),
    async subscribe(channel, listener) {
      listeners.add(channel, listener)
      return () => listeners.remove(channel, listener)
    },
    // A bus belongs to one installation.
    joinInstallation: () => undefined,
    isUp: () => bus.has(listeners.dispatch),
    droppedCount: () => 0,
    async close() {
      bus.delete(listeners.dispatch)
      listeners.clear()
    },
  }
}
