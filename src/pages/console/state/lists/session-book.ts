import { computed, signal, type ReadonlySignal } from '@preact/signals'
import type {
  AdminClient,
  AdminRole,
  Gone,
  Message,
  Reset,
  Session,
  SessionDetails,
  SessionRead,
  StatusChange,
  Store,
} from '../../../../client/index.js'
import { createCounts } from './counts.js'
import { createDeskLists } from './desk-lists.js'
import { isFiltered, listNames, type ListFilter, type ListName } from './list-filter.js'
import { createListReader } from './list-reader.js'
import { createRowMap } from './row-map.js'
import { countUnread, startRow, type Row } from './rows.js'
import { sizeOf, type SessionList } from './session-list.js'
import { createUnreadMarks } from './unread-marks.js'

interface Rules {
  /** The name of the shown list. */
  shown: ReadonlySignal<ListName>
  /** Whether the admin looks at a session now. */
  isLookedAt(sessionId: number): boolean
  /** Called once the account is known, before the lists are read. Returns the stored filters of the lists. */
  onAccount(): Partial<Record<ListName, ListFilter>>
}

/**
 * The lists of sessions, live. Live events lack the store's name, so a new session is read over HTTP. They do not cover the
 * time without a connection, so every reconnect reads the lists again from the start.
 */
export function createSessionBook(client: AdminClient, { shown, isLookedAt, onAccount }: Rules) {
  const map = createRowMap()
  const { rows, change } = map
  const stores = new Map<number, Store>()
  const ownId = signal<number>()
  const role = signal<AdminRole>('agent')
  const isOwn = ({ status, admin_id }: Session) => status === 'claimed' && admin_id === ownId.value
  const lists = createDeskLists(client, rows, ownId)
  const counts = createCounts(client)
  const unread = createUnreadMarks(map, { isOwn, isLookedAt })
  const reader = createListReader({ client, map, lists, shown, stores, unread, ownId })
  const isWanted = (row: Row) => Object.values(lists).some((list) => list.wants(row))

  /** Takes a session from a response or a live event, unless a newer state is known. */
  function apply({ store, ...session }: Session & { store?: Store }): void {
    if (store) stores.set(session.store_id, store)
    const known = rows.value.get(session.id)
    if (known && known.session.updated > session.updated) return
    const next = { ...(known ?? startRow(session, undefined)), session, store: stores.get(session.store_id) }
    const isAboutToCome = reader.isReading() && (session.status === 'open' || isOwn(session))
    const concerns = isAboutToCome || isWanted(next)
    const mayConcern = session.status === 'claimed' && ownId.value === undefined
    // The messages from before the claim are unread now.
    const becomesOwn = isOwn(session) && known !== undefined && !isOwn(known.session)
    // A released session may be urgent, and no event carries its priority.
    const mayBeUrgent = known === undefined && session.status === 'open' && session.updated !== session.created
    const isNew = concerns && (known === undefined || next.store === undefined)
    if (mayConcern || becomesOwn || mayBeUrgent || isNew) reader.completeSoon(session.id)
    change(session.id, () => (concerns ? next : undefined))
    countSoon()
  }

  /** Asks the service for counts, unless the waiting and the own list are complete and unfiltered. */
  function countSoon(): void {
    const isKnown = ({ isComplete, filter }: SessionList) => isComplete.value && !isFiltered(filter.value)
    if (!isKnown(lists.waiting) || !isKnown(lists.own)) counts.refresh()
  }

  function note(message: Message): void {
    const { session_id, created, sender_type } = message
    if (!rows.value.has(session_id)) return
    change(session_id, (row) => {
      if (!row || (row.last !== null && row.last.id > message.id)) return row
      const isSeen = sender_type === 'admin' || !isOwn(row.session) || unread.isRead(message)
      // The same message may come twice: as the last message of a response, and live.
      const count = isSeen ? 0 : row.unread + (row.last?.id === message.id ? 0 : 1)
      return { ...row, last: message, unread: count, session: { ...row.session, last_message_at: created } }
    })
  }

  function mark({ session_id, status, up_to_message_id }: StatusChange): void {
    const last = rows.value.get(session_id)?.last
    if (last?.sender_type !== 'admin' || last.id > up_to_message_id || last.status === 'read') return
    change(session_id, (row) => row && { ...row, last: { ...last, status } })
  }

  function noteRead({ session_id, up_to_message_id }: SessionRead): void {
    unread.note(session_id, up_to_message_id)
    const row = rows.value.get(session_id)
    if (row === undefined || row.unread === 0) return
    if ((row.last?.id ?? 0) <= up_to_message_id) unread.set(session_id, 0)
    else reader.completeSoon(session_id)
  }

  /** Sets a session to the state of a reset, which may be older. Repeats reads in progress: they may be outdated. */
  function restart({ session, messages }: Reset): void {
    unread.forget(session.id)
    const last = messages.at(-1) ?? null
    change(session.id, (row) => {
      const count = isOwn(session) && !isLookedAt(session.id) ? countUnread(messages) : 0
      const next = { ...(row ?? startRow(session, stores.get(session.store_id))), session, last, unread: count }
      return isWanted(next) ? next : undefined
    })
    reader.rereadSoon()
  }

  function drop({ session_id }: Gone): void {
    change(session_id, () => undefined)
    reader.rereadSoon()
  }

  function changeDetails(details: SessionDetails & { session_id: number }): void {
    map.changeDetails(details)
    // A raised priority may move the session into the pages that were read.
    if (!rows.value.has(details.session_id) && details.priority > 0 && !lists.waiting.isComplete.value) {
      reader.completeSoon(details.session_id)
    }
  }

  client.on('session', apply)
  client.on('message', note)
  client.on('status', mark)
  client.on('read', noteRead)
  client.on('details', changeDetails)
  client.on('reset', restart)
  client.on('gone', drop)
  client.on('state', (state) => {
    if (state !== 'online') return
    if (client.account !== undefined && ownId.value === undefined) {
      ownId.value = client.account.id
      role.value = client.account.role ?? 'agent'
      const filters = onAccount()
      for (const name of listNames) lists[name].restart(filters[name] ?? {})
    }
    reader.reread()
    counts.refresh()
  })

  /** The number of sessions of a list, regardless of its filter; undefined where nothing counts them. */
  function countOf(name: ListName): number | undefined {
    const list = lists[name]
    if (list.isLoaded.value && list.isComplete.value && !isFiltered(list.filter.value)) return list.rows.value.length
    if (name === 'waiting') return counts.latest.value?.open ?? list.count.value
    return name === 'own' ? (counts.latest.value?.my ?? list.count.value) : undefined
  }

  return {
    rows,
    lists,
    counts,
    ownId,
    role,
    isOwn,
    apply,
    changeDetails,
    countOf,
    problem: reader.problem,
    isSupervisor: computed(() => role.value === 'supervisor'),
    /** The number of rows of a list to scroll through. */
    sizeOf: (name: ListName) => sizeOf(lists[name], countOf(name)),
    readMore: reader.readMore,
    readRest: reader.readRest,
    refresh: reader.refresh,
    setFilter: reader.setFilter,
    setUnread: unread.set,
    /** The stores of all responses so far, by id. */
    stores,
    storeOf: (storeId: number) => stores.get(storeId),
    close(): void {
      counts.close()
      reader.close()
    },
  }
}

export type SessionBook = ReturnType<typeof createSessionBook>
