import { computed, signal } from '@preact/signals'
import type { AdminClient, ListedSession, Message, Session, StatusChange, Store } from '../../client/index.js'
import { readWholeList } from './read-whole-list.js'

/** A session in one of the lists. */
export interface Row {
  session: Session
  store: Store | undefined
  last: Message | null
  unread: number
}

const REREAD_MS = 300
const PAGE = 50

/**
 * The sessions that wait and those this admin holds, live. What comes live has no store's name and nothing of the time
 * away, so the lists are read again where it does not suffice; of two versions of a session the newer one stays.
 */
export function createSessionBook(client: AdminClient, isRead: (sessionId: number) => boolean) {
  const rows = signal<ReadonlyMap<number, Row>>(new Map())
  const stores = new Map<number, Store>()
  const ownId = signal<number>()
  const isLoaded = signal(false)
  const problem = signal<string>()
  let touched = new Set<number>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let isReading = false

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
    if (session.status === 'claimed' && ownId.value === undefined) rereadSoon()
    if (concerns && (!known || !stores.has(session.store_id))) rereadSoon()
    const { last = null, unread = 0 } = known ?? {}
    change(session.id, () => (concerns ? { session, store: stores.get(session.store_id), last, unread } : undefined))
  }

  function note(message: Message): void {
    const { session_id, created, sender_type } = message
    if (!rows.value.has(session_id)) return
    change(session_id, (row) => {
      if (!row || (row.last !== null && row.last.id > message.id)) return row
      const isSeen = sender_type === 'admin' || isRead(session_id)
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

  function rereadSoon(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      if (isReading) rereadSoon()
      else void reread()
    }, REREAD_MS)
  }

  async function reread(): Promise<void> {
    isReading = true
    touched = new Set()
    try {
      const [open, mine] = await Promise.all([readWholeList(client.openSessions), readWholeList(client.mySessions)])
      const holder = mine[0]?.admin_id ?? (await findOwnId())
      if (holder != null) ownId.value = holder
      take([...open, ...mine])
      isLoaded.value = true
      problem.value = undefined
      await countUnread(mine)
    } catch (error) {
      problem.value = (error as Error).message
    } finally {
      isReading = false
    }
  }

  /** Only what concerns an account names it. */
  const findOwnId = async () => ownId.value ?? (await client.notifications({ limit: 1 }))[0]?.admin_id

  function take(listed: ListedSession[]): void {
    const next = new Map<number, Row>()
    for (const { store, last_message: last, ...session } of listed) {
      stores.set(store.id, store)
      const before = rows.value.get(session.id)
      const isStale = touched.has(session.id) && (before === undefined || before.session.updated > session.updated)
      if (isStale && before === undefined) continue
      next.set(
        session.id,
        isStale && before ? { ...before, store } : refresh(before, { session, store, last, unread: 0 }),
      )
    }
    for (const id of touched) {
      const row = rows.value.get(id)
      if (row && !next.has(id)) next.set(id, row)
    }
    rows.value = next
  }

  async function countUnread(listed: ListedSession[]): Promise<void> {
    for (const { id, last_message } of listed) {
      const isUnread = last_message?.sender_type === 'store' && last_message.status !== 'read' && !isRead(id)
      const page = isUnread ? await client.history({ session_id: id, limit: PAGE }) : { data: [] }
      const count = page.data.filter(({ sender_type, status }) => sender_type === 'store' && status !== 'read').length
      setUnread(id, count)
    }
  }

  function setUnread(sessionId: number, unread: number): void {
    if ((rows.value.get(sessionId)?.unread ?? unread) !== unread) change(sessionId, (row) => row && { ...row, unread })
  }

  client.on('session', apply)
  client.on('message', note)
  client.on('status', mark)
  client.on('state', (state) => {
    if (state === 'online') void reread()
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
    knowOwnId: (adminId: number | null) => (ownId.value = adminId ?? ownId.value),
    close: () => clearTimeout(timer),
  }
}

/** What was read of a session; of its last message something newer may have come live meanwhile. */
function refresh(before: Row | undefined, read: Row): Row {
  if (before === undefined) return read
  const isOlder = (read.last?.id ?? 0) < (before.last?.id ?? 0)
  const last_message_at = isOlder ? before.session.last_message_at : read.session.last_message_at
  const last = isOlder ? before.last : read.last
  return { ...read, last, unread: before.unread, session: { ...read.session, last_message_at } }
}

export type SessionBook = ReturnType<typeof createSessionBook>
