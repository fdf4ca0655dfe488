import type { DurableEvent } from '../events/events.js'
import type { Publisher } from '../events/publisher.js'

/**
 * A publisher that also tells this node's own consumers of each durable event that the node publishes, after the commit. It
 * is only a hint: an event whose node dies before it publishes is found by the consumer's next sweep.
 */
export function observeEvents<P extends Publisher>(publisher: P, observe: (event: DurableEvent) => void): P {
  return {
    ...publisher,
    publish(channels, event) {
      publisher.publish(channels, event)
      if ('message' in event || 'change' in event) observe(event)
    },
  }
}
