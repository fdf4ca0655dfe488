import type { DurableEvent } from '../events/events.js'
import type { PubSub } from '../pubsub/pubsub.js'

/**
 * A pub/sub that also tells this node's own consumers of each durable event that the node publishes, after the commit. It is
 * only a hint: an event whose node dies before it publishes is found by the consumer's next sweep.
 */
export function observeEvents(pubsub: PubSub, observe: (event: DurableEvent) => void): PubSub {
  return {
    ...pubsub,
    publish(channels, event) {
      pubsub.publish(channels, event)
      if ('message' in event || 'change' in event) observe(event)
    },
  }
}
