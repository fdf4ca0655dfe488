import { LRUCache } from 'lru-cache'

/** The newest messages of a store's session, as the store was given them. */
export interface CachedMessages {
  /** Of what they were made from. */
  version: string
  /** An array of `Message`. */
  json: string
  /** The newest of them that an admin wrote. */
  newestForeignId: number | null
}

/** By store id. */
export type MessageCache = Pick<LRUCache<number, CachedMessages>, 'get' | 'set'>

const MB = 1024 * 1024
/** About what an entry takes beside its text. */
const ENTRY_BYTES = 300

/**
 * Remembers what stores were given last, the least recently used forgotten first. Nothing in it is to be believed without
 * asking PostgreSQL for its version. 0 MB: remembers nothing.
 */
export function createMessageCache(mb: number): MessageCache | undefined {
  if (mb === 0) return undefined
  return new LRUCache({
    maxSize: mb * MB,
    // A few long sessions may not push out all others.
    maxEntrySize: (mb * MB) / 16,
    sizeCalculation: ({ json }) => ENTRY_BYTES + bytesOf(json),
  })
}

/** What V8 keeps a text in: a byte for each character, unless there is one beyond Latin-1. */
const bytesOf = (text: string) => (/[^\0-\xff]/.test(text) ? 2 : 1) * text.length
