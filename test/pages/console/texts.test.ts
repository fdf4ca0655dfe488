import t from 'tap'
import type { CannedReply, Colleague, Message, Store } from '../../../src/client/index.js'
import { importPageModule } from '../support/page-modules.js'

type Excerpt = typeof import('../../../src/pages/console/search/results/excerpt.js')
type Canned = typeof import('../../../src/pages/console/state/canned.js')
type LogItems = typeof import('../../../src/pages/conversation/log-items.js')
type Timelines = typeof import('../../../src/pages/conversation/timeline.js')
type Filters = typeof import('../../../src/pages/console/state/lists/list-filter.js')
type Stores = typeof import('../../../src/pages/console/state/lists/find-store.js')
type Reports = typeof import('../../../src/pages/console/reports/report-rows.js')
type Times = typeof import('../../../src/pages/text/times.js')
type Transfer = typeof import('../../../src/pages/console/actions/find-colleagues.js')

const [
  { excerpt },
  { findShortcut, findReplies },
  { mergeItems },
  { createTimeline },
  filters,
  stores,
  reports,
  transfer,
  times,
] = await Promise.all([
  importPageModule<Excerpt>('console/search/results/excerpt.ts'),
  importPageModule<Canned>('console/state/canned.ts'),
  importPageModule<LogItems>('conversation/log-items.ts'),
  importPageModule<Timelines>('conversation/timeline.ts'),
  importPageModule<Filters>('console/state/lists/list-filter.ts'),
  importPageModule<Stores>('console/state/lists/find-store.ts'),
  importPageModule<Reports>('console/reports/report-rows.ts'),
  importPageModule<Transfer>('console/actions/find-colleagues.ts'),
  importPageModule<Times>('text/times.ts'),
])

t.test('an excerpt marks the hits, cuts no character, and survives any offsets', async (t) => {
  const marked = (content: string, hits: [number, number][]) =>
    excerpt(content, hits)
      .map(({ text, isHit }) => (isHit ? `[${text}]` : text))
      .join('')
  t.equal(marked('where is order 4711', [[9, 14]]), 'where is [order] 4711')
  t.equal(
    marked('aaa', [
      [1, 2],
      [0, 1],
    ]),
    '[a][a]a',
  )
  t.equal(
    marked('abc', [
      [0, 2],
      [1, 3],
    ]),
    '[ab][c]',
    'overlapping',
  )
  t.equal(
    marked('abc', [
      [2, 99],
      [-5, 1],
      [50, 60],
    ]),
    '[a]b[c]',
    'outside of the text',
  )
  t.equal(marked('', [[0, 5]]), '')
  const emoji = `${'😀'.repeat(60)}needle${'😀'.repeat(200)}`
  const pieces = excerpt(emoji, [[120, 126]])
  t.ok(pieces.every(({ text }) => text.isWellFormed()))
  t.same(
    pieces.filter(({ isHit }) => isHit).map(({ text }) => text),
    ['needle'],
  )
  t.ok(pieces.map(({ text }) => text).join('').length < 240)
})

t.test('a shortcut starts at the beginning of a word, and the best match comes first', async (t) => {
  const cases: [text: string, caret: number, found: ReturnType<typeof findShortcut>][] = [
    ['/ref', 4, { from: 0, typed: 'ref' }],
    ['Hello /re there', 9, { from: 6, typed: 're' }],
    ['/', 1, { from: 0, typed: '' }],
    ['a\n/größe', 8, { from: 2, typed: 'größe' }],
    ['and/or', 6, undefined],
    ['https://x', 9, undefined],
    ['/ref ', 5, undefined],
  ]
  for (const [text, caret, found] of cases) t.same(findShortcut(text, caret), found, text)
  const reply = (id: number, shortcut: string, content: string) => ({ id, shortcut, content }) as CannedReply
  const all = [reply(1, 'bye', 'Refund'), reply(2, 'refund', 'x'), reply(3, 'hi', 'y')]
  t.same(
    findReplies(all, 'REF').map(({ id }) => id),
    [2, 1],
  )
  t.equal(findReplies(all, '').length, 3)
})

const message = (id: number, second = id) =>
  ({
    id,
    session_id: 1,
    status: 'sent',
    sender_type: 'store',
    created: `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`,
  }) as Message
const insert = (key: string, second: number) => ({ key, created: message(0, second).created, content: key })

t.test('notes are sorted among the messages by time; those outside of the loaded part are left out', async (t) => {
  const shown = (edges: { isWhole: boolean; isNewest: boolean }) =>
    mergeItems([message(10), message(20)], [insert('c', 25), insert('a', 5), insert('b', 15)], edges).map((item) =>
      'insert' in item ? item.insert.key : item.message.id,
    )
  t.same(shown({ isWhole: true, isNewest: true }), ['a', 10, 'b', 20, 'c'])
  t.same(shown({ isWhole: false, isNewest: true }), [10, 'b', 20, 'c'])
  t.same(shown({ isWhole: true, isNewest: false }), ['a', 10, 'b', 20])
})

const nothing = () => Promise.reject(new Error('nothing is sent'))

t.test('an old message is shown with those around it, and later pages lead to the newest', async (t) => {
  const timeline = createTimeline({ send: nothing, upload: nothing })
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, place) => message(from + place))
  const page = (from: number, to: number, has_more: boolean) => ({ data: range(from, to), has_more })
  const shown = () => {
    const ids = timeline.shown.value.map(({ id }) => id)
    return [ids[0], ids.at(-1), ids.length]
  }
  timeline.isWhole.value = false
  timeline.merge(range(41, 50))
  await timeline.showAround(20, () => Promise.resolve([page(15, 20, true), page(21, 25, true)]))
  t.same(shown(), [15, 25, 11])
  timeline.merge([message(51)])
  t.same(shown(), [15, 25, 11], 'what comes live waits behind the gap')
  await timeline.loadNewer((after) => Promise.resolve(page(after + 1, after + 10, true)))
  t.same(shown(), [15, 35, 21])
  await timeline.loadNewer((after) => Promise.resolve(page(after + 1, after + 10, true)))
  t.same(shown(), [15, 51, 37], 'the gap is closed')
  await timeline.showAround(3, () => Promise.resolve([page(1, 3, false), page(4, 6, true)]))
  t.same([...shown(), timeline.isWhole.value], [1, 6, 6, true])
  await timeline.showAround(48, () => Promise.reject(new Error('it is known')))
  t.same([...shown(), timeline.isWhole.value], [15, 51, 37, false], 'without a hole')
  t.same(timeline.marked.value, { id: 48 })
})

t.test('the valid parts of a filter that another version has stored are restored', async (t) => {
  t.same(
    filters.readFilter({ tag: 'x', status: 'lost', adminId: '5', fromDay: '2026-02-30x', toDay: '2026-11-25', no: 1 }),
    {
      tag: 'x',
      toDay: '2026-11-25',
    },
  )
  t.same(filters.readFilter({ store: { id: '5', name: 'x' } }), {})
  t.same(filters.readFilter({ store: { id: 5, name: 'x', more: 1 } }), { store: { id: 5, name: 'x' } })
  for (const nonsense of [undefined, null, 5, 'text', []]) t.same(filters.readFilter(nonsense), {})
  const { from, to } = filters.toQuery({ fromDay: '2026-11-25', toDay: '2026-11-25' })
  t.equal(Date.parse(to ?? '') - Date.parse(from ?? ''), 86_400_000, 'the whole of the last day')
})

t.test('a store is found by its name where one has it, and by its number', async (t) => {
  const known = [
    { id: 7, name: 'Tech Store' },
    { id: 8, name: 'Twin' },
    { id: 9, name: 'Twin' },
    { id: 10, name: 'Shop #7' },
  ] as Store[]
  const found = (typed: string) => stores.findStore(known, typed)
  t.same(stores.listStores(known).map(stores.showStore), ['Shop #7 #10', 'Tech Store #7', 'Twin #8', 'Twin #9'])
  t.same(found('Tech Store #7'), { id: 7, name: 'Tech Store' })
  t.same(found(' tech store '), { id: 7, name: 'Tech Store' })
  t.same(found('Shop #7'), { id: 10, name: 'Shop #7' })
  t.same(found('Shop #7 #10'), { id: 10, name: 'Shop #7' })
  t.same(found('Twin #9'), { id: 9, name: 'Twin' })
  t.same(found('٧'), { id: 7, name: 'Tech Store' })
  t.equal(found('55')?.id, 55, 'an id that the console has not received')
  for (const typed of ['', ' ', 'Twin', 'Nobody', '0', 'Shop 24', '9'.repeat(16)]) t.equal(found(typed), undefined)
})

t.test('durations and group names are formatted for users', async (t) => {
  t.same([0, 59.6, 61, 3725].map(reports.formatSeconds), ['0:00', '1:00', '1:01', '1:02:05'])
  t.equal(reports.nameGroup({ key: '4', name: 'Ada' }, 'admin'), 'Ada')
  t.equal(reports.nameGroup({ key: 'refund' }, 'tag'), 'refund')
  t.equal(reports.nameGroup({ key: 'no day' }, 'day'), 'no day')
})

t.test('colleagues are found by a part of their name or by their id, online ones first', async (t) => {
  const colleague = (id: number, name: string, online: boolean) => ({ id, name, online, held: 0 }) as Colleague
  const all = [colleague(1, 'Ada', false), colleague(12, 'Grace', true), colleague(2, 'Adele', true)]
  const found = (typed: string) => transfer.findColleagues(all, typed).map(({ id }) => id)
  t.same(found(''), [2, 12, 1])
  t.same(found(' AD'), [2, 1])
  t.same(found('12'), [12])
  t.same(found('x'), [])
})

t.test('a date has its year, unless that is the current one', async (t) => {
  const year = new Date().getFullYear()
  const lastYear = new Date(year - 1, 5, 15, 12)
  t.equal(times.showDate(new Date(year, 5, 15)), 'Jun 15')
  t.equal(times.showDate(lastYear), `Jun 15, ${year - 1}`)
  t.equal(times.showBriefly(lastYear.toISOString()), `Jun 15, ${year - 1}`)
  t.match(times.showDay(lastYear.toISOString()), new RegExp(`^[A-Z][a-z]+, June 15, ${year - 1}$`))
  t.equal(reports.nameGroup({ key: `${year - 1}-06-15` }, 'day'), `Jun 15, ${year - 1}`)
})
