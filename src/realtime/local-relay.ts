import { EventEmitter } from 'node:events'
import type { Relay } from './relay.js'

/**
 * A relay within this process, for a single node. Nodes that share a process (in tests) share a bus.
 */
export function createLocalRelay(bus = new EventEmitter()): Relay {
  bus.setMaxListeners(0)
  const subscriptions: [string, (payload: string) => void][] = []
  let isClosed = false
  return {
    publish(channels, payload) {
      // Later, as over a network: a listener never runs inside the caller's own statement.
      setImmediate(() => {
        for (const channel of channels) bus.emit(channel, payload)
      })
    },
    async subscribe(channel, listener) {
      const listenUntilClosed = (payload: string) => {
        if (!isClosed) listener(payload)
      }
      subscriptions.push([channel, listenUntilClosed])
      bus.on(channel, listenUntilClosed)
    },
    isUp: () => !isClosed,
    async close() {
      isClosed = true
      for (const [channel, listener] of subscriptions) bus.off(channel, listener)
    },
  }
}
