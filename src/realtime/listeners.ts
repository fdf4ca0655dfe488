import type { RelayListener } from './relay.js'

/** Who listens to which channel on this node. */
export function createListeners() {
  const byChannel = new Map<string, Set<RelayListener>>()
  return {
    channels: () => [...byChannel.keys()],
    has: (channel: string) => byChannel.has(channel),
    /** True for the first listener of a channel. */
    add(channel: string, listener: RelayListener): boolean {
      const listeners = byChannel.get(channel)
      listeners?.add(listener)
      if (listeners === undefined) byChannel.set(channel, new Set([listener]))
      return listeners === undefined
    },
    /** True when a channel has lost its last listener. */
    remove(channel: string, listener: RelayListener): boolean {
      const listeners = byChannel.get(channel)
      if (listeners?.delete(listener) !== true || listeners.size > 0) return false
      return byChannel.delete(channel)
    },
    dispatch(channel: string, payload: string): void {
      for (const listener of byChannel.get(channel) ?? []) listener(payload)
    },
    clear: () => byChannel.clear(),
  }
}
