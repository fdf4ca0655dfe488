import t from 'tap'
import { addAdmin, addStore, type TestAccount } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { startNode } from '../support/nodes/node.js'

const node = await startNode(t)
const chat = createChatClient(node)
const { database } = node
const [ada, eve, supervisor] = [
  await addAdmin(database),
  await addAdmin(database),
  await addAdmin(database, { role: 'supervisor' }),
]

/** A session as the database has it. */
interface Known {
  id: number
  storeId: number
  holderId: number | null
  status: string
  tags: string[]
  priority: number
  created: number
}

const HOUR_MS = 3_600_000
const tagSets = [['refund'], ['refund', 'vip'], ['late'], [], [], ['vip']]

/** Three sessions of each of 40 stores, the last one active, one an hour: of every status, holder, tag and priority. */
async function fill(): Promise<Known[]> {
  const known: Known[] = []
  const stores = await Promise.all(Array.from({ length: 40 }, () => addStore(database)))
  const begin = Date.now() - 200 * HOUR_MS
  for (let place = 0; place < 120; place++) {
    const [store, isLast] = [stores[place % 40], place >= 80]
    const holderId = [ada.id, eve.id, null][place % 3] ?? null
    const status = !isLast || place % 5 === 0 ? 'closed' : holderId === null ? 'open' : 'claimed'
    const [tags = [], priority, created] = [
      tagSets[place % 6],
      place % 7 === 0 ? 3 : (place >> 2) % 3,
      begin + place * HOUR_MS,
    ]
    const [row] = await database.query<{ id: number }>(
      `insert into chat_session (store_id, admin_id, status, created, closed_at)
       values ($1, $2, $3::session_status, $4, case when $3::session_status = 'closed' then now() end) returning id::int`,
      [store?.id, holderId, status, new Date(created)],
    )
    const id = row?.id ?? 0
    if (tags.length > 0 || priority > 0) {
      await database.query(
        'insert into chat_session_details (session_id, tags, priority, status, holder_id) values ($1, $2, $3, $4::session_status, $5)',
        [id, tags, priority, status, holderId ?? 0],
      )
    }
    known.push({ id, storeId: store?.id ?? 0, holderId, status, tags, priority, created })
  }
  return known
}
const sessions = await fill()

async function readPages(path: string, who: TestAccount, query: object, limit: number): Promise<number[]> {
  const ids: number[] = []
  for (let cursor: string | null | undefined; cursor !== null;) {
    const { status, body, text } = await chat.get(path, who, { ...query, limit, ...(cursor && { cursor }) })
    if (status !== 200) throw new Error(text)
    ids.push(...body.data.map(({ id }: { id: number }) => id))
    cursor = body.next_cursor as string | null
  }
  return ids
}

const mayRead = (who: TestAccount, { holderId }: Known) =>
  who === supervisor || holderId === null || holderId === who.id
const idsOf = (found: Known[]) => found.map(({ id }) => id)

interface Filter {
  status?: string
  store_id?: number
  admin_id?: number
  tag?: string
  from?: string
  to?: string
}

const fits = (session: Known, { status, store_id, admin_id, tag, from, to }: Filter) =>
  session.status === (status ?? session.status) &&
  session.storeId === (store_id ?? session.storeId) &&
  (admin_id === undefined || session.holderId === admin_id) &&
  (tag === undefined || session.tags.includes(tag.toLowerCase())) &&
  (from === undefined || session.created >= Date.parse(from)) &&
  (to === undefined || session.created < Date.parse(to))

t.test('the list of all: what the caller may read and asks for, newest first, in pages of any size', async (t) => {
  const at = (place: number) => new Date(sessions[place]?.created ?? 0).toISOString()
  const filters: Filter[] = [
    ...[undefined, 'open', 'claimed', 'closed'].flatMap((status) =>
      [undefined, 'Refund', 'vip', 'unknown'].flatMap((tag) =>
        [undefined, ada.id, eve.id].map((admin_id) => ({
          ...(status !== undefined && { status }),
          ...(tag !== undefined && { tag }),
          ...(admin_id !== undefined && { admin_id }),
        })),
      ),
    ),
    { store_id: sessions[0]?.storeId ?? 0 },
    { store_id: sessions[0]?.storeId ?? 0, status: 'closed', tag: 'refund' },
    { store_id: Number.MAX_SAFE_INTEGER },
    { from: at(20) },
    { to: at(20) },
    { from: at(20), to: at(90) },
    { from: at(20), to: at(21) },
    { from: at(90), to: at(20) },
    { from: at(20), to: at(90), status: 'closed', tag: 'vip' },
    { from: '0000-01-01T00:00:00Z', to: '9999-12-31T23:59:59Z' },
    { from: new Date(Date.now() + HOUR_MS).toISOString() },
  ]
  for (const who of [ada, eve, supervisor]) {
    for (const filter of filters) {
      const expected = idsOf(sessions.filter((one) => mayRead(who, one) && fits(one, filter))).reverse()
      const what = `${who === supervisor ? 'supervisor' : who.id}: ${JSON.stringify(filter)}`
      t.same(await readPages('admin/sessions/', who, filter, 200), expected, what)
    }
    const expected = idsOf(sessions.filter((one) => mayRead(who, one))).reverse()
    t.same(await readPages('admin/sessions/', who, {}, 7), expected, 'in pages')
    const tagged = idsOf(sessions.filter((one) => mayRead(who, one) && one.tags.includes('refund'))).reverse()
    t.same(await readPages('admin/sessions/', who, { tag: 'refund' }, 3), tagged, 'a tag in pages')
  }
  const { body } = await chat.get('admin/sessions/', ada, { limit: 1 })
  t.match(body.data[0], { tags: [], priority: Number, store: {}, last_message: null, rating: null })
  for (const query of [{ from: 'yesterday' }, { to: '2026-01-01' }, { status: 'new' }, { tag: '' }, { cursor: 'x' }]) {
    t.equal((await chat.get('admin/sessions/', ada, query)).status, 400, JSON.stringify(query))
  }
})

t.test('open ones: the most urgent first, of one priority the longest waiting, with their number', async (t) => {
  const open = sessions.filter(({ status }) => status === 'open')
  const inOrder = (some: Known[]) =>
    idsOf(some.toSorted((one, other) => other.priority - one.priority || one.id - other.id))
  for (const tag of [undefined, 'refund', 'vip', 'unknown']) {
    for (const priority of [undefined, 0, 1, 2, 3]) {
      const query = { ...(tag !== undefined && { tag }), ...(priority !== undefined && { priority }) }
      const expected = open.filter(
        (one) => (tag === undefined || one.tags.includes(tag)) && one.priority === (priority ?? one.priority),
      )
      for (const limit of [200, 2]) {
        t.same(await readPages('admin/sessions/open/', ada, query, limit), inOrder(expected), JSON.stringify(query))
      }
      const { body } = await chat.get('admin/sessions/open/', ada, { ...query, limit: 1 })
      t.equal(body.count, expected.length, `the count of ${JSON.stringify(query)}`)
    }
  }
})

t.test('own ones by tag, with their number', async (t) => {
  const held = sessions.filter(({ status, holderId }) => status === 'claimed' && holderId === ada.id)
  for (const tag of ['refund', 'vip', 'unknown']) {
    const expected = held.filter(({ tags }) => tags.includes(tag))
    const { body } = await chat.get('admin/sessions/my/', ada, { tag })
    t.same(body.data.map(({ id }: { id: number }) => id).toSorted(), idsOf(expected).toSorted())
    t.equal(body.count, expected.length)
  }
})

t.test('counts are of what is not closed and may be read', async (t) => {
  for (const who of [ada, eve, supervisor]) {
    const active = sessions.filter((one) => one.status !== 'closed' && mayRead(who, one))
    const tags = ['late', 'refund', 'vip'].map((tag) => ({
      tag,
      count: active.filter((one) => one.tags.includes(tag)).length,
    }))
    const { body } = await chat.get('admin/sessions/counts/', who)
    t.strictSame(body, {
      open: active.filter(({ status }) => status === 'open').length,
      my: active.filter(({ holderId }) => holderId === who.id).length,
      urgent: active.filter(({ priority }) => priority === 3).length,
      tags: tags.filter(({ count }) => count > 0),
    })
  }
})

t.test('a session moves through lists and counts with its status and its details', async (t) => {
  const store = await addStore(database)
  const { body: session } = await chat.get('store/session/', store)
  const id = { session_id: session.id }
  const first = async (path: string, who: TestAccount, query: object = {}) =>
    (await chat.get(path, who, { ...query, limit: 1 })).body.data[0]?.id as number | undefined
  const count = async (who: TestAccount) =>
    ((await chat.get('admin/sessions/counts/', who)).body.tags as { tag: string; count: number }[]).find(
      ({ tag }) => tag === 'moving',
    )?.count
  await chat.post('admin/session/update/', ada, { ...id, tags: ['moving'], priority: 3 })
  t.equal(await first('admin/sessions/open/', eve, { tag: 'moving' }), session.id)
  t.equal(await first('admin/sessions/open/', eve, { tag: 'moving', priority: 2 }), undefined)
  t.equal(await count(eve), 1)
  await chat.post('admin/session/claim/', ada, id)
  t.equal(await first('admin/sessions/open/', eve, { tag: 'moving' }), undefined)
  t.equal(await first('admin/sessions/my/', ada, { tag: 'moving' }), session.id)
  t.equal(await count(eve), undefined)
  t.same([await count(ada), await count(supervisor)], [1, 1])
  await chat.post('store/close/', store)
  t.equal(await first('admin/sessions/', ada, { tag: 'moving', status: 'closed' }), session.id)
  t.equal(await first('admin/sessions/', eve, { tag: 'moving' }), undefined)
  t.same([await count(ada), await count(supervisor)], [undefined, undefined])
})

t.test(
  'of sessions that were imported late, a filter by time shows no wrong one, and without it all are listed',
  async (t) => {
    const store = await addStore(database)
    await database.query(
      `insert into chat_session (store_id, status, created, closed_at)
     select $1, 'closed', now() - interval '2 years' + make_interval(hours => place), now() from generate_series(1, 60) place`,
      [store.id],
    )
    const { body: newest } = await chat.get('store/session/', store)
    const all = (
      await database.query<{ id: number; created: Date }>('select id::int, created from chat_session order by id desc')
    ).map(({ id, created }) => ({ id, created: created.getTime() }))
    t.same(
      await readPages('admin/sessions/', supervisor, {}, 200),
      all.map(({ id }) => id),
    )
    const time = (hoursAgo: number) => new Date(Date.now() - hoursAgo * HOUR_MS).toISOString()
    for (const [from, to] of [
      [time(150), undefined],
      [undefined, time(150)],
      [time(150), time(100)],
      [time(20_000), time(10_000)],
    ]) {
      const query = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
      const fitting = all.filter(
        ({ created }) =>
          (from === undefined || created >= Date.parse(from)) && (to === undefined || created < Date.parse(to)),
      )
      const found = await readPages('admin/sessions/', supervisor, query, 200)
      const isFound = new Set(found)
      t.same(
        found,
        fitting.filter(({ id }) => isFound.has(id)).map(({ id }) => id),
        `${JSON.stringify(query)}: ${found.length} of ${fitting.length}`,
      )
    }
    t.same(
      await readPages('admin/sessions/', supervisor, { from: time(1) }, 200),
      [newest.id],
      'what came since is found',
    )
  },
)
