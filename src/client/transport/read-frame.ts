import { isObject } from './is-object.js'
import type { ServerFrame } from '../../protocol/frames.js'

/** What listeners read without looking whether it is there. */
const parts: Record<string, string[]> = {
  message: ['message'],
  session_update: ['session'],
  sync: ['session', 'messages'],
  note: ['note'],
}

/** Reads a frame so far that its parts can be reached. @throws Error when it is none */
export function readFrame(text: string): ServerFrame {
  const frame: unknown = JSON.parse(text)
  if (isObject(frame) && isObject(frame['payload'])) {
    const { type, payload } = frame
    if ((parts[String(type)] ?? []).every((part) => isObject(payload[part]))) return frame as unknown as ServerFrame
  }
  throw new TypeError('The frame lacks what frames of its type have')
}
