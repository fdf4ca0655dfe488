import { ChatError } from '../transport/chat-error.js'

/** Characters, not UTF-16 code units. */
const LONGEST_ID = 64
/** A surrogate without its other half: `isWellFormed` is newer than ES2020. */
const LONE_SURROGATE = /[\ud800-\udfff]/u

/**
 * Why the service would refuse an id of the caller; undefined for one that it takes, and for none. It is checked here,
 * because an error may leave out the id that is at fault.
 */
export function checkMessageId(id: unknown): ChatError | undefined {
  if (id === undefined || id === null) return undefined
  if (typeof id !== 'string') return refuse('a text')
  if (id === '' || Array.from(id).length > LONGEST_ID) return refuse(`1–${LONGEST_ID} characters`)
  if (LONE_SURROGATE.test(id) || id.includes('\0')) return refuse('a text without NUL and lone surrogates')
  return undefined
}

const refuse = (rule: string) => new ChatError(400, `The client_message_id must be ${rule}`)
