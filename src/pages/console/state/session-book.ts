import { computed, signal } from '@preact/signals'
import type {
  AdminClient,
  Gone,
  ListedSession,
  Message,
  Reset,
  Session,
  SessionRead,
  StatusChange,
  Store,
} from '../../../client/index.js'
import { describeError } from '../../shared/describe-error.js'
import { patiently } from '../../shared/patiently.js'
import { readWholeList } from './read-whole-list.js'
import { countUnread, refreshRow, type Row } from './rows.js'

const GATHER_MS = 300
const RETRY_MS = 5000
/** As many as are counted one by one. */
const PAGE = 100
/** More at once are rather read with the whole lists. */
const MOST_SINGLE = 5

/**
 * The sessions that wait and those this admin holds, live. What comes live has no store's name and nothing of the time
 * away: a session that is new is asked for, and after every reconnect the lists are read again. Of two versions of a
 * session the newer one stays.
 */
export function createSessionBook(client: AdminClient, isRead: (sessionId: number) => boolean) {
  const rows = signal<ReadonlyMap<number, Row>>(new Map())
  const stores = new Map<number, Store>()
  const ownId = signal<number>()
  const isLoaded = signal(false)
  const problem = signal<string>()
  const incomplete = new Set<number>()
  /** Up to which message each session was read, here or elsewhere. It may be told before the message is. */
  const readUpTo = new Map<number, number>()
  let touched = new Set<number>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let isReading = false
  let isOutdated = false
  let turns = 0

  const isOwn = ({ status, admin_id }: Session) => status === 'claimed' && admin_id === ownId.value
  const all = computed(() => [...rows.value.values()])
  const waiting = computed(() =>
    all.value
      .filter(({ session }) => session.status === 'open')
      .sort((one, other) => one.session.id - other.session.id),
  )
  const own = computed(() =>
    all.value
      .filter(({ session }) => isOwn(session))
      .sort((one, other) => other.session.last_message_at.localeCompare(one.session.last_message_at)),
  )

  function change(sessionId: number, next: (row: Row | undefined) => Row | undefined): void {
    const changed = new Map(rows.value)
    const row = next(changed.get(sessionId))
    if (row) changed.set(sessionId, row)
    else changed.delete(sessionId)
    touched.add(sessionId)
    rows.value = changed
  }

  /** A session as it is now: an answer, or a live event. */
  function apply(session: Session & { store?: Store }): void {
    if (session.store) stores.set(session.store_id, session.store)
    const known = rows.value.get(session.id)
    if (known && known.session.updated > session.updated) return
    const concerns = session.status === 'open' || isOwn(session)
    const mayConcern = session.status === 'claimed' && ownId.value === undefined
    // What was written while it waited is unread now.
    const becomesOwn = isOwn(session) && known !== undefined && !isOwn(known.session)
    if (mayConcern || becomesOwn || (concerns && (!known || !stores.has(session.store_id)))) completeSoon(session.id)
    const { last = null, unread = 0 } = known ?? {}
    change(session.id, () => (concerns ? { session, store: stores.get(session.store_id), last, unread } : undefined))
  }

  function note(message: Message): void {
    const { session_id, created, sender_type } = message
    if (!rows.value.has(session_id)) return
    change(session_id, (row) => {
      if (!row || (row.last !== null && row.last.id > message.id)) return row
      const isSeen =
        sender_type === 'admin' || !isOwn(row.session) || isRead(session_id) || message.id <= readOf(session_id)
      // The same message may come twice: as an answer's last one and live.
      const unread = isSeen ? 0 : row.unread + (row.last?.id === message.id ? 0 : 1)
      return { ...row, last: message, unread, session: { ...row.session, last_message_at: created } }
    })
  }

  function mark({ session_id, status, up_to_message_id }: StatusChange): void {
    const last = rows.value.get(session_id)?.last
    if (last?.sender_type !== 'admin' || last.id > up_to_message_id || last.status === 'read') return
    change(session_id, (row) => row && { ...row, last: { ...last, status } })
  }

  const readOf = (sessionId: number) => readUpTo.get(sessionId) ?? 0

  function noteRead({ session_id, up_to_message_id }: SessionRead): void {
    readUpTo.set(session_id, Math.max(readOf(session_id), up_to_message_id))
    const row = rows.value.get(session_id)
    if (row === undefined || row.unread === 0) return
    if ((row.last?.id ?? 0) <= up_to_message_id) setUnread(session_id, 0)
    else completeSoon(session_id)
  }

  /** An earlier state, so the newer one must not stay. Of answers that are under way nobody knows how old they are. */
  function restart({ session, messages }: Reset): void {
    readUpTo.delete(session.id)
    const last = messages.at(-1) ?? null
    const unread = isOwn(session) && !isRead(session.id) ? countUnread(messages) : 0
    const concerns = session.status === 'open' || isOwn(session)
    change(session.id, () => (concerns ? { session, store: stores.get(session.store_id), last, unread } : undefined))
    rereadSoon()
  }

  function drop({ session_id }: Gone): void {
    change(session_id, () => undefined)
    rereadSoon()
  }

  /** What is being read is of no use any more. */
  function rereadSoon(): void {
    turns++
    isReading = false
    isOutdated = true
    lookSoon()
  }

  function completeSoon(sessionId: number): void {
    incomplete.add(sessionId)
    lookSoon()
  }

  function lookSoon(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      const ids = [...incomplete]
      incomplete.clear()
      if (isReading) ids.forEach(completeSoon)
      else if (isOutdated || ids.length > MOST_SINGLE || ownId.value === undefined) void reread()
      else for (const id of ids) void complete(id)
    }, GATHER_MS)
  }

  async function complete(sessionId: number): Promise<void> {
    // Another may have taken it meanwhile; then the event has come or will.
    const turn = turns
    const answer = await patiently(() => client.session(sessionId)).catch(() => undefined)
    if (answer === undefined || turn !== turns) return
    const { messages, store, ...session } = answer
    stores.set(store.id, store)
    change(sessionId, (row) => {
      if (row === undefined || row.session.updated > session.updated) return row && { ...row, store }
      const unread = isOwn(session) && !isRead(sessionId) ? countUnread(messages, readOf(sessionId)) : 0
      return { ...refreshRow(row, { session, store, last: messages.at(-1) ?? null, unread }), unread }
    })
  }

  /** The latest call counts: one that a lost connection has held up must not undo it. */
  async function reread(): Promise<void> {
    const turn = ++turns
    isReading = true
    isOutdated = false
    touched = new Set()
    try {
      const [open, mine] = await Promise.all([readWholeList(client.openSessions), readWholeList(client.mySessions)])
      if (turn !== turns) return
      take([...open, ...mine])
      isLoaded.value = true
      problem.value = undefined
      void readUnread(mine, turn)
    } catch (error) {
      if (turn !== turns) return
      problem.value = describeError(error)
      clearTimeout(timer)
      timer = setTimeout(() => {
        timer = undefined
        void reread()
      }, RETRY_MS)
    } finally {
      if (turn === turns) isReading = false
    }
  }

  function take(listed: ListedSession[]): void {
    const next = new Map<number, Row>()
    for (const { store, last_message: last, ...session } of listed) {
      stores.set(store.id, store)
      const before = rows.value.get(session.id)
      const isStale = touched.has(session.id) && (before === undefined || before.session.updated > session.updated)
      if (isStale && before === undefined) continue
      next.set(
        session.id,
        isStale && before ? { ...before, store } : refreshRow(before, { session, store, last, unread: 0 }),
      )
    }
    for (const id of touched) {
      const row = rows.value.get(id)
      if (row && !next.has(id)) next.set(id, row)
    }
    rows.value = next
  }

  async function readUnread(listed: ListedSession[], turn: number): Promise<void> {
    for (const { id, last_message } of listed) {
      const isUnread = last_message?.sender_type === 'store' && last_message.status !== 'read' && !isRead(id)
      // One that was handed over meanwhile is refused, and no longer counts.
      const read = () => client.history({ session_id: id, limit: PAGE })
      const page = isUnread && (await patiently(read).catch(() => undefined))
      if (turn !== turns) return
      setUnread(id, page ? countUnread(page.data, readOf(id)) : 0)
    }
  }

  function setUnread(sessionId: number, unread: number): void {
    if ((rows.value.get(sessionId)?.unread ?? unread) !== unread) change(sessionId, (row) => row && { ...row, unread })
  }

  client.on('session', apply)
  client.on('message', note)
  client.on('status', mark)
  client.on('read', noteRead)
  client.on('reset', restart)
  client.on('gone', drop)
  client.on('state', (state) => {
    if (state !== 'online') return
    ownId.value = client.account?.id ?? ownId.value
    void reread()
  })

  return {
    rows,
    waiting,
    own,
    ownId,
    isLoaded,
    problem,
    isOwn,
    apply,
    setUnread,
    storeOf: (storeId: number) => stores.get(storeId),
    close: () => clearTimeout(timer),
  }
}

export type SessionBook = ReturnType<typeof createSessionBook>
