import type { Connection } from './connection.js'

/** Long enough for a page that is reloaded. */
const LINGER_MS = 1000

type Close = () => void | Promise<void>

interface Entry {
  connections: Set<Connection>
  /** On their way in. */
  expected: number
  opened: Promise<Close>
  timer?: NodeJS.Timeout
}

/**
 * Who is connected to this node, by account. An account is opened with its first connection and closed with its last,
 * after a delay and a second look; when opening fails it is as if nobody had come.
 */
export function createSubscriptions(open: (id: number) => Promise<Close>) {
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
      // One that could not be opened has left its place, which may be taken by now.
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
    has: (id: number) => entries.has(id),
    connectionsOf: (id: number): Iterable<Connection> => entries.get(id)?.connections ?? [],
    /** Opens the account and takes the connection in; `prepare` makes it ready for what is delivered. */
    async enter(id: number, connection: Connection, prepare: () => Promise<void> | void): Promise<void> {
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
    /** True when it was the account's last connection here. */
    leave(id: number, connection: Connection): boolean {
      const entry = entries.get(id)
      if (entry?.connections.delete(connection) !== true) return false
      closeUnlessUsed(id, entry)
      return entry.connections.size === 0
    },
    async close(): Promise<void> {
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

export type Subscriptions = ReturnType<typeof createSubscriptions>
