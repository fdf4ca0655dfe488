import type { ListedSession, Message, Rating, Session, Store } from '../../../../client/index.js'

/** A session in one of the lists. */
export interface Row {
  session: Session
  store: Store | undefined
  last: Message | null
  unread: number
  tags: readonly string[]
  /** 0 normal to 3 urgent. */
  priority: number
  rating: Rating | null
}

/** Converts a session from a list of the service. */
export function readRow(listed: ListedSession & { rating?: Rating | null }): Row {
  const { store, last_message: last, tags, priority, rating = null } = listed
  const { id, store_id, admin_id, status, last_message_at, created, updated, closed_at } = listed
  const session = { id, store_id, admin_id, status, last_message_at, created, updated, ...(closed_at && { closed_at }) }
  return { session, store, last, unread: 0, tags, priority, rating }
}

/** The row of a session that is only known from live events. */
export const startRow = (session: Session, store: Store | undefined): Row => ({
  session,
  store,
  last: null,
  unread: 0,
  tags: [],
  priority: 0,
  rating: null,
})

/** Merges a row that was read: a live event may have brought a newer last message meanwhile. */
export function refreshRow(before: Row | undefined, read: Row): Row {
  if (before?.last == null || before.last.id <= (read.last?.id ?? 0))
    return { ...read, unread: before?.unread ?? read.unread }
  const { last_message_at } = before.session
  return { ...read, last: before.last, unread: before.unread, session: { ...read.session, last_message_at } }
}

/** Counts the unread messages of the store. Messages up to the id `readUpTo` are read, whatever their status. */
export const countUnread = (messages: readonly Message[], readUpTo = 0): number =>
  messages.filter(({ id, sender_type, status }) => sender_type === 'store' && status !== 'read' && id > readUpTo).length
