import t from 'tap'
import type { ListedSession, ListPage, Session, SessionList as Page } from '../../../src/client/index.js'
import { until } from '../../../harness/until.js'
import { importPageModule } from '../support/page-modules.js'

type Module = typeof import('../../../src/pages/console/state/lists/session-book.js')

const { createSessionBook } = await importPageModule<Module>('console/state/lists/session-book.ts')

const OWN = 7
const iso = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()

const listed = (id: number, more: Partial<ListedSession> = {}): ListedSession => ({
  id,
  store_id: id,
  admin_id: null,
  status: 'open',
  last_message_at: iso(id),
  created: iso(id),
  updated: iso(id),
  store: { id, name: `Store ${id}`, logo_url: '', email: '' },
  last_message: null,
  tags: [],
  priority: 0,
  ...more,
})

/** A service of so many open sessions, and a desk that reads them. */
async function openBook(
  sessions: ListedSession[],
  order = (one: ListedSession, other: ListedSession) => other.priority - one.priority || one.id - other.id,
) {
  const listeners = new Map<string, ((event: never) => void)[]>()
  const asked: (ListPage & { tag?: string })[] = []
  let hold: Promise<undefined> = Promise.resolve(undefined)
  const readOpen = async ({ limit = 50, cursor = '0', tag }: ListPage & { tag?: string } = {}): Promise<Page> => {
    asked.push({ limit, cursor, ...(tag !== undefined && { tag }) })
    const found = sessions.filter(({ tags }) => tag === undefined || tags.includes(tag)).sort(order)
    const [from, data] = [Number(cursor), found.slice(Number(cursor), Number(cursor) + limit)]
    await hold
    return { data, count: found.length, next_cursor: from + limit < found.length ? String(from + limit) : null }
  }
  const client = {
    account: { side: 'admin', id: OWN, role: 'agent' },
    on: (name: string, listener: (event: never) => void) =>
      void listeners.set(name, [...(listeners.get(name) ?? []), listener]),
    openSessions: readOpen,
    mySessions: () => Promise.resolve({ data: [], count: 0, next_cursor: null }),
    sessions: ({ status, ...page }: ListPage & { status?: string }) =>
      status === undefined ? readOpen(page) : Promise.resolve({ data: [], next_cursor: null }),
    session: (id: number) =>
      Promise.resolve({ ...sessions.find((session) => session.id === id), messages: [], rating: null }),
    history: () => Promise.resolve({ data: [], has_more: false }),
    counts: () => Promise.resolve({ open: sessions.length, my: 0, urgent: 0, tags: [] }),
  }
  const emit = (name: string, event: unknown) =>
    (listeners.get(name) ?? []).forEach((listener) => listener(event as never))
  const shown = { value: 'waiting' }
  const rules = { shown, isLookedAt: () => false, onAccount: () => ({}) }
  const book = createSessionBook(client as never, rules as never)
  emit('state', 'online')
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  await settle()
  return {
    book,
    shown,
    asked,
    emit,
    settle,
    ids: () => book.lists.waiting.rows.value.map(({ session }) => session.id),
    emitSession({ id, store_id, admin_id, status, last_message_at, created, updated, closed_at }: ListedSession) {
      const session = { id, store_id, admin_id, status, last_message_at, created, updated }
      emit('session', { ...session, ...(closed_at !== undefined && { closed_at }) } satisfies Session)
    },
    /** Answers wait until the returned function is called. */
    holdAnswers(): () => void {
      let go: (() => void) | undefined
      hold = new Promise((resolve) => (go = () => resolve(undefined)))
      return () => go?.()
    },
  }
}

const many = (count: number) => Array.from({ length: count }, (_, place) => listed(place + 1))

t.test('a list is read page by page, as far as it is scrolled', async (t) => {
  const { book, asked, ids, settle } = await openBook(many(250))
  t.same([ids().length, book.sizeOf('waiting'), book.countOf('waiting')], [100, 250, 250])
  book.readMore('waiting')
  book.readMore('waiting')
  await settle()
  t.equal(ids().length, 200)
  t.equal(asked.length, 2, 'one page at a time')
  book.readMore('waiting')
  await settle()
  t.same([ids().length, book.sizeOf('waiting'), book.lists.waiting.isComplete.value], [250, 250, true])
  book.close()
})

t.test('a refresh reads the first page of a list again, and the pages in view', async (t) => {
  // In the order of the list of all: newest first.
  const sessions = many(450).map((session) => ({ ...session, id: 1000 - session.id }))
  const { book, shown, asked, emit, settle } = await openBook(sessions, (one, other) => other.id - one.id)
  const { rows, isComplete } = book.lists.all
  shown.value = 'all'
  emit('state', 'online')
  await settle()
  while (!isComplete.value) {
    book.readMore('all')
    await settle()
  }
  const titleOf = (place: number) => rows.value[place]?.tags[0]
  for (const session of sessions) session.tags = ['changed']
  asked.length = 0
  book.lists.all.view = [190, 230]
  book.refresh('all')
  await settle()
  t.same(
    asked.map(({ cursor }) => cursor),
    ['0', '100', '200'],
  )
  t.same([0, 99, 100, 230, 299, 300, 449].map(titleOf), [...Array<string>(5).fill('changed'), undefined, undefined])
  asked.length = 0
  book.lists.all.view = [0, 449]
  book.refresh('all')
  await settle()
  t.equal(asked.length, 2)
  t.same([399, 400, 449].map(titleOf), [undefined, 'changed', 'changed'])
  book.close()
})

t.test('live events change the loaded part of a list, and nothing after it', async (t) => {
  const sessions = many(250)
  const { book, ids, emitSession, emit } = await openBook(sessions)
  emitSession(listed(251))
  t.equal(ids().length, 100, 'a new session comes after the part that was read')
  emitSession(listed(5, { status: 'claimed', admin_id: 9, updated: iso(300) }))
  t.notOk(ids().includes(5))
  emitSession(listed(6, { updated: iso(300) }))
  emitSession(listed(6, { status: 'closed', updated: iso(200) }))
  t.ok(ids().includes(6), 'of two versions the newer one stays')
  emit('details', { session_id: 50, tags: ['refund'], priority: 3 })
  t.equal(ids()[0], 50, 'urgent first')
  Object.assign(sessions[239] ?? {}, { priority: 2 })
  emit('details', { session_id: 240, tags: [], priority: 2 })
  await until(() => ids()[1] === 240, 10_000, 'one that was not read yet comes when it becomes urgent')
  t.same(ids().slice(0, 3), [50, 240, 1])
  book.close()
})

t.test('live events during a read take precedence over the page', async (t) => {
  const { book, ids, emitSession, emit, holdAnswers, settle } = await openBook(many(250))
  const release = holdAnswers()
  book.readMore('waiting')
  emitSession(listed(150, { status: 'closed', updated: iso(300), closed_at: iso(300) }))
  emit('details', { session_id: 10, tags: ['live'], priority: 1 })
  release()
  await settle()
  t.equal(ids().length, 199)
  t.notOk(ids().includes(150), 'closed meanwhile')
  t.equal(ids()[0], 10)
  book.close()
})

t.test('another filter restarts the list, and drops the read in progress', async (t) => {
  const sessions = many(250).map((session) => ({ ...session, tags: session.id % 50 === 0 ? ['refund'] : [] }))
  const { book, ids, emit, holdAnswers, settle } = await openBook(sessions)
  const release = holdAnswers()
  book.readMore('waiting')
  book.setFilter('waiting', { tag: 'refund' })
  t.equal(book.lists.waiting.isLoaded.value, false)
  release()
  await settle()
  t.same(ids(), [50, 100, 150, 200, 250])
  await until(() => book.countOf('waiting') === 250, 10_000, 'the tab counts all')
  emit('details', { session_id: 100, tags: [], priority: 0 })
  t.same(ids(), [50, 150, 200, 250])
  book.close()
})

t.test('a list that is opened while others are read is read after them', async (t) => {
  const { book, shown, emit, holdAnswers, settle } = await openBook(many(3))
  const release = holdAnswers()
  emit('state', 'online')
  shown.value = 'closed'
  await settle()
  release()
  await settle()
  t.ok(book.lists.closed.isLoaded.value)
  book.setFilter('closed', { tag: 'refund' })
  const releaseAgain = holdAnswers()
  emit('state', 'online')
  book.setFilter('closed', {})
  releaseAgain()
  await settle()
  t.ok(book.lists.closed.isLoaded.value, 'and one that is filtered meanwhile')
  book.close()
})
