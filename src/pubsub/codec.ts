import type { ChatEvent } from '../events/events.js'

/** Encodes an event: a line of facts for the nodes and, for durable events, the frame for the sockets. */
export function encodeEvent(event: ChatEvent): string {
  if ('message' in event) return encodeLines({ message: event.message, trace: event.trace }, event.frame)
  if ('change' in event) return encodeLines({ change: event.change, trace: event.trace }, event.frame)
  return encodeLines(event, '')
}

const encodeLines = (facts: object, frame: string | Buffer) => `${JSON.stringify(facts)}\n${frame.toString()}`

const LINE_FEED = 0x0a

/** Decodes what `encodeEvent` wrote. The frame stays encoded: it is forwarded to the sockets. */
export function decodeEvent(payload: Buffer): ChatEvent {
  const end = payload.indexOf(LINE_FEED)
  const event = JSON.parse(payload.toString('utf8', 0, end)) as ChatEvent
  if ('message' in event || 'change' in event) event.frame = payload.subarray(end + 1)
  return event
}
