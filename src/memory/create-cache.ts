import { LRUCache } from 'lru-cache'

interface CacheOptions {
  /** How long an entry is kept, in ms. Default: until others push it out. */
  ttl?: number
  /** How exactly the age of an entry is known, in ms. Default: 1. */
  ttlResolution?: number
}

/**
 * Creates a cache of a number of entries; the least recently used go first. Its memory grows with its entries. (With `max`,
 * lru-cache allocates that of all of them at once: 1.9 MB for 50,000.)
 */
export const createCache = <Key extends string | number, Value extends object | number | true>(
  mostEntries: number,
  options: CacheOptions = {},
) => new LRUCache<Key, Value>({ ...options, maxSize: mostEntries, sizeCalculation: () => 1 })
