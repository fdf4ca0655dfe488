import type { RawData } from 'ws'
import { invalidInput } from '../../errors/request-error.js'
import type { Answered } from '../../errors/error-frame.js'
import type { Limits } from '../../limits/limits.js'
import type { Account } from '../../protocol/account.js'
import type { ClientFrameType } from '../../protocol/schemas/client-frames.js'
import { clientFrameChecks } from './check-frames.js'

/** A frame that may be handled, or why it may not. `answered` is what an `error` frame says of it. */
export type ReadFrame = { answered: Answered; payload?: unknown } & (
  | { type: ClientFrameType; refusal?: undefined }
  | { type?: undefined; refusal: unknown }
)

/** A large frame counts as a request of the account for each so many bytes, and for each so many separators: parsing takes time. */
const BYTES_OF_A_REQUEST = 8192
export const isLarge = (frame: RawData) => (frame as Buffer).length >= BYTES_OF_A_REQUEST
/** Commas, colons and brackets: an entry of an object has two. A text of 10,000 characters has about two hundred. */
const SEPARATORS_OF_A_REQUEST = 256

/** Takes what a large frame costs from the account's requests, and parses and checks it. */
export function readFrame(limits: Limits, account: Account, data: RawData): ReadFrame {
  try {
    takePrice(limits, account, data as Buffer)
  } catch (refusal) {
    return { answered: describeUnparsed(data as Buffer), refusal }
  }
  let answered: Answered = {}
  try {
    const frame = parse(data)
    const payload = frame.payload === undefined ? {} : frame.payload
    answered = describeFrame(frame.type, payload)
    const type = frame.type as ClientFrameType
    const check = clientFrameChecks[account.side].get(type)
    if (check === undefined) throw invalidInput([{ field: 'type', message: 'is none that a client may send' }])
    return { type, answered, payload: check(payload) }
  } catch (refusal) {
    return { answered, refusal }
  }
}

const [COMMA, COLON, BRACKET] = [0x2c, 0x3a, 0x5b]

/** Takes what a frame costs besides its handling. @throws RequestError 429 when the account has too few requests left */
function takePrice(limits: Limits, account: Account, frame: Buffer): void {
  if (!isLarge(frame)) return
  const take = (count: number) => {
    for (let due = Math.floor(count); due > 0; due--) limits.takeRequest(account)
  }
  take(frame.length / BYTES_OF_A_REQUEST)
  // Counting takes half a millisecond, so it is only done for what the account may still send.
  take(countSeparators(frame) / SEPARATORS_OF_A_REQUEST)
}

function countSeparators(frame: Buffer): number {
  let count = 0
  // By index, which is several times as fast as the iterator of a buffer.
  for (let place = frame.length; place-- > 0;) {
    const byte = frame[place]
    if (byte === COMMA || byte === COLON || byte === BRACKET) count++
  }
  return count
}

function parse(data: RawData): { type?: unknown; payload?: unknown } {
  try {
    const value: unknown = JSON.parse((data as Buffer).toString())
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // Refused below.
  }
  throw invalidInput([{ field: 'frame', message: 'is not a JSON object' }])
}

/**
 * In UTF-16 code units. A valid id has up to twice 64 of them. One that is a little too long is repeated as well, so that its
 * sender learns which message is refused.
 */
const LONGEST_ECHO = 256

/** Describes the frame that an `error` answers, as far as its fields are of the right kind. */
function describeFrame(type: unknown, payload: unknown): Answered {
  const { client_message_id, session_id } = (payload ?? {}) as { client_message_id?: unknown; session_id?: unknown }
  return {
    ...(isShortText(type) && { type }),
    ...(Number.isSafeInteger(session_id) && { session_id: session_id as number }),
    ...(isShortText(client_message_id) && { client_message_id }),
  }
}

const isShortText = (value: unknown): value is string => typeof value === 'string' && value.length <= LONGEST_ECHO

/**
 * Describes a message whose frame is not parsed, so that its sender knows which one to send again. Inside of a JSON text, no
 * key with its colon can occur: its quotes are escaped there.
 */
function describeUnparsed(frame: Buffer): Answered {
  const text = frame.toString()
  if (!/"type"\s*:\s*"message"/.test(text)) return {}
  // 64 characters, each as two of `\uXXXX`: an escape and four digits.
  const client_message_id = findMember(text, /"client_message_id"\s*:\s*("(?:[^"\\]|\\.){0,640}")/g)
  return describeFrame('message', { client_message_id, session_id: findMember(text, /"session_id"\s*:\s*(\d+)/g) })
}

/** Returns the value that a pattern finds; undefined when it finds several, of which one may belong to something else. */
function findMember(text: string, pattern: RegExp): unknown {
  const [first, second] = text.matchAll(pattern)
  try {
    return first?.[1] === undefined || second ? undefined : (JSON.parse(first[1]) as unknown)
  } catch {
    return undefined
  }
}
