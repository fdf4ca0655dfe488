import type { Connection } from './connection.js'

/** An account stays open this long after its last connection: a page that reloads is back by then. */
const LINGER_MS = 1000

type Close = () => void | Promise<void>

interface Entry {
  connections: Set<Connection>
  /** Connections that are being added. */
  expected: number
  opened: Promise<Close>
  timer?: NodeJS.Timeout
}

/**
 * The connections of this node by account. An account is opened (its channel is subscribed to) with its first connection, and closed
 * with its last one, after a delay and a second look.
 */
export interface Subscriptions {
  /** The accounts that are open here. */
  ids(): number[]
  has(id: number): boolean
  connectionsOf(id: number): Iterable<Connection>
  /**
   * Opens the account if it is not open, adds the connection, and runs `prepare`, which makes it ready for live frames.
   * @throws what opening or preparing throws; the connection is not added then
   */
  add(id: number, connection: Connection, prepare: () => Promise<void> | void): Promise<void>
  /** Removes a connection. Returns whether it was the last one of its account here. */
  remove(id: number, connection: Connection): boolean
  /** Closes every account. */
  close(): Promise<void>
}

/** `open` opens an account and returns the function that closes it. When it fails, the next connection opens the account again. */
export function createSubscriptions(open: (id: number) => Promise<Close>): Subscriptions {
  const entries = new Map<number, Entry>()

  function createEntry(id: number): Entry {
    const entry: Entry = { connections: new Set(), expected: 0, opened: open(id) }
    entries.set(id, entry)
    entry.opened.catch(() => {
      if (entries.get(id) === entry) entries.delete(id)
    })
    return entry
  }

  function closeUnlessUsed(id: number, entry: Entry): void {
    clearTimeout(entry.timer)
    if (entry.connections.size + entry.expected > 0) return
    entry.timer = setTimeout(() => {
      // An account that could not be opened was removed, and another entry may have replaced it.
      if (entry.connections.size + entry.expected > 0 || entries.get(id) !== entry) return
      entries.delete(id)
      entry.opened.then(
        (close) => close(),
        () => undefined,
      )
    }, LINGER_MS)
  }

  return {
    ids: () => [...entries.keys()],
    has: (id) => entries.has(id),
    connectionsOf: (id) => entries.get(id)?.connections ?? [],
    async add(id, connection, prepare) {
      const entry = entries.get(id) ?? createEntry(id)
      entry.expected++
      try {
        await entry.opened
        entry.connections.add(connection)
        await prepare()
      } catch (error) {
        entry.connections.delete(connection)
        throw error
      } finally {
        entry.expected--
        closeUnlessUsed(id, entry)
      }
    },
    remove(id, connection) {
      const entry = entries.get(id)
      if (entry?.connections.delete(connection) !== true) return false
      closeUnlessUsed(id, entry)
      return entry.connections.size === 0
    },
    async close() {
      const all = [...entries.values()]
      entries.clear()
      for (const entry of all) clearTimeout(entry.timer)
      const closings = await Promise.allSettled(all.map((entry) => entry.opened))
      await Promise.all(
        closings.map(async (closing) => {
          if (closing.status === 'fulfilled') await closing.value()
        }),
      )
    },
  }
}
