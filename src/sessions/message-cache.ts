import { LRUCache } from 'lru-cache'
import { TextParts } from '../limits/text-stream.js'

/** The newest messages of a store's session, as JSON for the store. */
export interface CachedMessages {
  /** The version of the rows that they were made from. */
  version: string
  /** An array of `Message`. */
  json: string | TextParts
  /** The newest of them that an admin wrote. */
  newestForeignId: number | null
}

/** By store id. */
export type MessageCache = Pick<LRUCache<number, CachedMessages>, 'get' | 'set'>

const MB = 1024 * 1024
/** The approximate size of an entry beside its text. */
const ENTRY_BYTES = 300

/**
 * Creates a cache of the newest messages of stores' sessions, least recently used dropped first. An entry is valid only
 * while its version is PostgreSQL's. Returns undefined for 0 MB: nothing is cached.
 */
export function createMessageCache(mb: number): MessageCache | undefined {
  if (mb === 0) return undefined
  return new LRUCache({
    maxSize: mb * MB,
    // A few large sessions must not evict all others.
    maxEntrySize: (mb * MB) / 16,
    sizeCalculation: ({ json }) => ENTRY_BYTES + bytesOf(json),
  })
}

/** The bytes of a text in V8: one per character, two when a character is beyond Latin-1. */
const bytesOf = (json: string | TextParts) =>
  json instanceof TextParts ? json.bytes : (/[^\0-\xff]/.test(json) ? 2 : 1) * json.length
