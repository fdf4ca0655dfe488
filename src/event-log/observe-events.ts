import type { DurableEvent } from '../realtime/announce.js'
import type { Relay } from '../realtime/relay.js'

/**
 * A relay that also tells this node's own consumers of each durable event that it publishes, after the commit. It is only a
 * hint: an event whose node dies before it publishes is found by the consumer's next sweep.
 */
export function observeEvents(relay: Relay, observe: (event: DurableEvent) => void): Relay {
  return {
    ...relay,
    publish(channels, announcement) {
      relay.publish(channels, announcement)
      if ('message' in announcement || 'change' in announcement) observe(announcement)
    },
  }
}
