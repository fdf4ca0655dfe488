import t from 'tap'
import { addAdmin } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation } from '../support/chat/conversations.js'
import { deriveNow } from '../support/chat/search.js'
import { startNode } from '../support/nodes/node.js'
import { chooseSeed, createRandom } from '../support/seed.js'
import type { GroupedReportRow, ReportRow } from '../../src/protocol/schemas/reports.js'
import { makeHistory, recount, writeHistory } from './histories.js'

const chat = createChatClient(await startNode(t))
const { database } = chat.node
const supervisor = await addAdmin(database, { role: 'supervisor' })
const report = async (query: Record<string, string | number> = {}) => chat.get('admin/reports/', supervisor, query)

/** The clocks of Berlin are set forward on 29 March: that day has 23 hours. */
const [from, to] = ['2026-03-27T23:00:00Z', '2026-03-31T22:00:00Z']

/** A row of the product, in the words of the recount. */
const flatten = (row: ReportRow) => ({
  sessions: row.sessions,
  closed: row.closed,
  claim50: row.waiting_until_claimed.p50,
  claim90: row.waiting_until_claimed.p90,
  claimCount: row.waiting_until_claimed.count,
  answer50: row.waiting_until_answered.p50,
  answer90: row.waiting_until_answered.p90,
  answerCount: row.waiting_until_answered.count,
  duration50: row.duration.p50,
  duration90: row.duration.p90,
  ratings: row.ratings.count,
  average: row.ratings.average,
})

t.test('a report equals a recount by plain SQL, over random histories', async (t) => {
  const random = createRandom(chooseSeed(t))
  const admins = [await addAdmin(database), await addAdmin(database), await addAdmin(database)]
  const ids = admins.map(({ id }) => id)
  for (let place = 0; place < 150; place++) {
    await writeHistory(
      database,
      100_000 + place,
      makeHistory(random, Date.parse(from) - 3_600_000, Date.parse(to) + 3_600_000, ids),
    )
  }
  await deriveNow(chat)
  const keys = {
    day: `(s.created at time zone 'Europe/Berlin')::date`,
    hour: `extract(hour from s.created at time zone 'Europe/Berlin')::int`,
    admin: `coalesce((select c.admin_id::text from chat_session_change c where c.session_id = s.id order by c.seq desc limit 1), 'none')`,
    tag: 'tagged.tag',
  }
  const range = [new Date(from), new Date(to)]
  const [total] = await database.query(recount(`'total'`), range)
  t.ok((total?.['sessions'] as number) > 100)
  for (const [group, key] of Object.entries(keys)) {
    const { status, body } = await report({ from, to, timezone: 'Europe/Berlin', group })
    t.equal(status, 200)
    const tags = group === 'tag' ? 'join chat_session_tag tagged on tagged.session_id = s.id' : ''
    const expected = await database.query(recount(key, tags), range)
    t.same({ key: 'total', ...flatten(body.total) }, total, `${group}: total`)
    const rows = (body.data as GroupedReportRow[]).filter(({ sessions }) => sessions > 0)
    const byKey = (one: { key?: string }, other: { key?: string }) => ((one.key ?? '') < (other.key ?? '') ? -1 : 1)
    t.same(rows.map((row) => ({ key: row.key, ...flatten(row) })).toSorted(byKey), expected.toSorted(byKey), group)
  }
  const days = (await report({ from, to, timezone: 'Europe/Berlin' })).body.data.map(({ key }: { key: string }) => key)
  t.same(days, ['2026-03-28', '2026-03-29', '2026-03-30', '2026-03-31'])
  const { body } = await report({ from, to, group: 'admin', admin_id: admins[0]?.id ?? 0 })
  t.match(body.data, [{ key: String(admins[0]?.id), name: `Admin ${admins[0]?.id}`, sessions: body.total.sessions }])
  const tagged = (await report({ from, to, group: 'tag', tag: ' A ' })).body
  t.equal(tagged.total.sessions, tagged.data.find(({ key }: { key: string }) => key === 'a').sessions)
  await database.query(`update chat_session_details set tags = array_append(tags, $1) where tags = '{a}'`, ['\u00e9'])
  const [composed, apart] = await Promise.all(
    ['\u00e9', 'e\u0301'].map(async (tag) => (await report({ from, to, group: 'tag', tag })).body.total.sessions),
  )
  t.ok(composed > 0)
  t.equal(apart, composed, 'a tag is found in either spelling')
})

t.test('what happens in the service is in the report', async (t) => {
  const { store, admin, sessionId } = await claimConversation(chat)
  await chat.post('admin/message/', admin, { session_id: sessionId, content: 'hello' })
  const query = { admin_id: admin.id, group: 'hour' }
  await deriveNow(chat)
  t.match((await report(query)).body.total, {
    sessions: 1,
    closed: 0,
    waiting_until_claimed: { count: 1 },
    waiting_until_answered: { count: 1 },
    duration: { p50: null, count: 0 },
  })
  await chat.post('store/close/', store)
  await chat.post('store/rating/', store, { session_id: sessionId, score: 4 })
  await deriveNow(chat)
  const { total, data } = (await report(query)).body
  t.match(total, { sessions: 1, closed: 1, duration: { count: 1 }, ratings: { count: 1, average: 4, '4': 1 } })
  t.equal(data.length, 24)
})

t.test('as CSV it is a file that a spreadsheet opens', async (t) => {
  const { text, headers } = await report({ from, to, format: 'csv', group: 'tag' })
  const [header = '', ...records] = text.trimEnd().split('\r\n')
  t.match(header, /^"key","name","sessions"/)
  t.equal(Number(headers['content-length']), Buffer.byteLength(text) + 3, 'a BOM, which reading it as text removes')
  t.match(records.at(-1), /^"total","",\d+/)
  for (const record of records) t.equal(record.split(',').length, header.split(',').length)
  t.equal(headers['content-disposition'], 'attachment; filename="report-2026-03-27-tag.csv"')
})

t.test('only supervisors get reports, of a year at most, in a time zone that there is', async (t) => {
  t.equal((await chat.get('admin/reports/', await addAdmin(database))).status, 403)
  const wrong = [
    { from: to, to: from },
    { from: '2024-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' },
    { timezone: 'Mars/Base' },
    { group: 'week' },
    { format: 'pdf' },
  ]
  for (const query of wrong) t.equal((await report(query)).status, 400, JSON.stringify(query))
  t.equal((await report()).body.data.length, 31, 'thirty days are on 31 dates')
})

t.test('an empty period is refused with the field and the reason that make it empty', async (t) => {
  const reasons: [query: Record<string, string>, field: string, message: string][] = [
    [{ from: to, to: from }, 'to', 'must be after `from`'],
    [{ from, to: from }, 'to', 'must be after `from`'],
    [{ from: '2999-01-01T00:00:00Z' }, 'from', 'must be before now, or before `to`'],
    [{ from: '1960-01-01T00:00:00Z', to: '1960-02-01T00:00:00Z' }, 'to', 'must be after 1970-01-01T00:00:00.000Z'],
    [{ from: '1960-02-01T00:00:00Z', to: '1960-01-01T00:00:00Z' }, 'to', 'must be after `from`'],
    [
      { from: '9999-12-31T01:00:00Z', to: '9999-12-31T23:59:59-12:00' },
      'from',
      'must be before 9999-12-31T00:00:00.000Z',
    ],
  ]
  for (const [query, field, message] of reasons) {
    const { status, body } = await report(query)
    t.equal(status, 400, JSON.stringify(query))
    t.same(body.errors, [{ field, message }], JSON.stringify(query))
  }
  const { body } = await report({ from: '1969-12-01T00:00:00Z', to: '1970-02-01T00:00:00Z' })
  t.match(body, { from: '1970-01-01T00:00:00.000Z', to: '1970-02-01T00:00:00.000Z', total: { sessions: 0 } })
})
