import type { Side } from '../../client/index.js'
import { nameInStorage } from './service.js'

/** The owner of a token. */
export interface AccountName {
  side: Side
  id: number
}

/** Values of one account in the browser's storage, by name. Empty if the browser has no storage. */
export interface AccountStorage {
  /** The stored values whose names begin with `prefix`, oldest first. */
  list(prefix: string): { name: string; value: unknown }[]
  read(name: string): unknown
  /** Stores a value; `undefined` removes it. Returns whether the browser has stored it. */
  write(name: string, value: unknown): boolean
}

/** Above this limit the oldest values are evicted, except those that must be kept. */
const MOST_VALUES = 100
const LONGEST_KEPT_MS = 30 * 86_400_000

interface Entry {
  at: number
  value: unknown
}

let latest = 0

/** Timestamps that are unique, so that they order writes of the same millisecond. */
const nextMoment = () => (latest = Math.max(Date.now(), latest + 0.001))

/**
 * Each value has its own key, so that tabs do not overwrite each other's values. Values of other accounts stay in the
 * storage for a month, in case they sign in again. Values whose names begin with `kept` are never evicted: `write` returns
 * false when there is no room.
 */
export function openAccountStorage({ side, id }: AccountName, kept: string): AccountStorage {
  const all = nameInStorage('account.')
  const own = `${all}${side}.${id}.`

  const readEntries = (prefix: string) =>
    Object.keys(localStorage)
      .filter((key) => key.startsWith(prefix))
      .map((key) => ({ key, ...readEntry(localStorage.getItem(key)) }))
      .sort((one, other) => one.at - other.at)

  function removeOld(): void {
    const oldest = Date.now() - LONGEST_KEPT_MS
    for (const { key, at } of readEntries(all)) if (at < oldest) localStorage.removeItem(key)
  }

  /** Returns whether there is room for another value. */
  function makeRoom(): boolean {
    const entries = readEntries(own)
    const surplus = Math.max(0, entries.length - MOST_VALUES + 1)
    const dropped = entries.filter(({ key }) => !key.startsWith(own + kept)).slice(0, surplus)
    for (const { key } of dropped) localStorage.removeItem(key)
    return dropped.length === surplus
  }

  try {
    removeOld()
  } catch {
    // The browser has no storage.
  }

  return {
    list(prefix) {
      try {
        return readEntries(own + prefix).map(({ key, value }) => ({ name: key.slice(own.length), value }))
      } catch {
        return []
      }
    },
    read(name) {
      try {
        return readEntry(localStorage.getItem(own + name)).value
      } catch {
        return undefined
      }
    },
    write(name, value) {
      const key = own + name
      try {
        if (value === undefined) {
          localStorage.removeItem(key)
          return true
        }
        if (localStorage.getItem(key) === null && !makeRoom()) return false
        localStorage.setItem(key, JSON.stringify({ at: nextMoment(), value } satisfies Entry))
        return true
      } catch {
        return false
      }
    },
  }
}

/** Parses a stored entry. Another script may have written the value. */
function readEntry(text: string | null): Entry {
  try {
    const { at, value } = JSON.parse(text ?? '') as Partial<Entry>
    if (typeof at === 'number') return { at, value }
  } catch {
    // Treat it as very old.
  }
  return { at: 0, value: undefined }
}
