import type { ConnectionDeps } from '../connections/connection-deps.js'
import type { Connection } from '../connections/connection.js'
import type { Span, Tracing } from '../../instruments/tracing.js'

/** The spans of the handshakes. Only traced connections are here. */
const handshakes = new WeakMap<Connection, string>()

export function noteHandshake(connection: Connection, { traceparent }: Span): void {
  handshakes.set(connection, traceparent)
}

/**
 * Handles the frames of a client that came together in a span of its own trace, linked with the handshake: a socket lives
 * for hours, and so would a trace of all its frames.
 */
export function traceFrames(tracing: Tracing | undefined, handle: ConnectionDeps['handle']): ConnectionDeps['handle'] {
  if (tracing === undefined) return handle
  return (connection, frames) => {
    const handshake = handshakes.get(connection)
    const description = {
      name: `frames of ${connection.account.side}`,
      kind: 'server' as const,
      attributes: { 'store_chat.frames': frames.length },
      parent: 'none',
      ...(handshake !== undefined && { links: [handshake] }),
    }
    return tracing.run(description, () => handle(connection, frames))
  }
}
