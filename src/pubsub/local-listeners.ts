import type { ChatEvent } from '../events/events.js'
import type { EventListener } from '../events/publisher.js'

/** The listeners of this node by channel. Most channels have one listener, so arrays suffice. */
export function createListeners() {
  const byChannel = new Map<string, EventListener[]>()
  return {
    channels: () => [...byChannel.keys()],
    /** True for the first listener of a channel. */
    add(channel: string, listener: EventListener): boolean {
      const listeners = byChannel.get(channel) ?? []
      byChannel.set(channel, [...listeners, listener])
      return listeners.length === 0
    },
    /** True when a channel has lost its last listener. */
    remove(channel: string, listener: EventListener): boolean {
      const listeners = byChannel.get(channel) ?? []
      const others = listeners.filter((other) => other !== listener)
      if (others.length > 0) byChannel.set(channel, others)
      else byChannel.delete(channel)
      return others.length === 0 && listeners.length > 0
    },
    dispatch(channel: string, event: ChatEvent): void {
      for (const listener of byChannel.get(channel) ?? []) listener(event)
    },
    clear: () => byChannel.clear(),
  }
}
