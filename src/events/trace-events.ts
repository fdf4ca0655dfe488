import type { Tracing } from '../instruments/tracing.js'
import type { Publisher } from './publisher.js'

/**
 * A publisher that publishes durable events in a span of the active trace, which the event carries to the nodes that deliver
 * it. Events of the background have no trace.
 */
export function traceEvents<P extends Publisher>(publisher: P, tracing: Tracing): P {
  return {
    ...publisher,
    publish(channels, event) {
      if (!('message' in event || 'change' in event) || tracing.active() === undefined) {
        publisher.publish(channels, event)
        return
      }
      tracing.run({ name: 'publish event', kind: 'producer' }, ({ traceparent }) => {
        publisher.publish(channels, { ...event, trace: traceparent })
      })
    },
  }
}
