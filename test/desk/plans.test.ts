import t from 'tap'
import { addAdmin, addStore } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { fillTables } from '../support/databases/fill-tables.js'
import {
  captureStatements,
  countRowsRead,
  countRowsReadByAnyPlan,
  findTableScans,
} from '../support/databases/statements.js'
import { startNode } from '../support/nodes/node.js'

const node = await startNode(t)
const chat = createChatClient(node)
const { database } = node
const large = ['chat_session', 'chat_message', 'chat_session_details', 'chat_session_tag', 'chat_note', 'chat_rating']
/** Of a page of ten, with all that is joined to it. */
const MOST_ROWS = 2000

/**
 * 20,000 closed sessions, of one admin the oldest 2,000, of nobody the newest 21, then 300 claimed ones, half of them its own, then 10,000 open ones.
 * Every second open one has a tag that all closed ones have as well, every hundredth is urgent.
 */
async function fillDatabase(adminId: number, otherId: number): Promise<void> {
  await fillTables(database, [
    [`insert into store (id, name) select id, 'Store ' || id from generate_series(10001, 40300) id`],
    [
      `insert into chat_session (store_id, status, admin_id, closed_at, created)
     select id, case when place <= 20000 then 'closed' when place <= 20300 then 'claimed' else 'open' end::session_status,
       case when place <= 2000 or (place > 20000 and place <= 20150) then $1::bigint when place <= 20300 and place not between 19980 and 20000 then $2 end,
       case when place <= 20000 then now() end, now() - interval '1 minute' * (30300 - place)
     from (select id, id - 10000 as place from generate_series(10001, 40300) id order by id) stores`,
      adminId,
      otherId,
    ],
    [
      `insert into chat_session_details (session_id, tags, priority, holder_id, status)
     select id, case when status = 'closed' or id % 2 = 0 then '{many}' else '{few}' end::text[],
       case when id % 100 = 0 then 3 else 0 end, coalesce(admin_id, 0), status
     from chat_session where status <> 'open' or id % 2 = 0 or id % 1001 = 0`,
    ],
    [
      `insert into chat_note (session_id, admin_id, content) select id, $1, 'a note' from chat_session where id % 3 = 0`,
      adminId,
    ],
    [`insert into chat_rating (session_id, score) select id, 5 from chat_session where status = 'closed'`],
    [
      `insert into chat_message (session_id, seq, sender_type, sender_id, content, attachment_url, attachment_type, created)
     select id, 2, 'store', store_id, 'hello', '', '', created from chat_session`,
    ],
  ])
  await database.query('vacuum analyze')
}

t.test('no statement of the desk reads whole tables, nor many rows for a page', { timeout: 60_000 }, async (t) => {
  const [admin, other, supervisor] = [
    await addAdmin(database),
    await addAdmin(database),
    await addAdmin(database, { role: 'supervisor' }),
  ]
  await fillDatabase(admin.id, other.id)
  const store = await addStore(database)
  const { body: session } = await chat.get('store/session/', store)
  const id = { session_id: session.id as number }
  await chat.post('admin/session/claim/', admin, id)
  const captured = captureStatements(t)
  const statuses = [
    await chat.post('admin/session/update/', admin, { ...id, tags: ['many'], priority: 3 }),
    await chat.post('admin/notes/', admin, { ...id, content: 'note', client_note_id: 'a' }),
    await chat.get('admin/notes/', admin, id),
    await chat.get('admin/session/', admin, id),
    await chat.post('admin/message/', admin, { ...id, content: 'a' }),
    await chat.get('admin/sessions/my/', admin, { limit: 10, tag: 'many' }),
    await chat.get('admin/sessions/counts/', admin),
    await chat.get('admin/sessions/counts/', supervisor),
    await chat.get('admin/admins/', admin),
    await chat.post('admin/session/transfer/', admin, { ...id, admin_id: other.id, note: 'b' }),
    await chat.post('admin/close/', other, id),
    await chat.post('store/rating/', store, { ...id, score: 5 }),
    await chat.get('store/rating/', store, id),
  ].map(({ status }) => status)
  const counting = captured.length
  for (const query of [
    {},
    { tag: 'many' },
    { tag: 'few' },
    { priority: 0 },
    { priority: 3 },
    { tag: 'many', priority: 3 },
  ]) {
    const { status, body } = await chat.get('admin/sessions/open/', admin, { ...query, limit: 10 })
    statuses.push(status)
    if (body.next_cursor === null) continue
    statuses.push(
      (await chat.get('admin/sessions/open/', admin, { ...query, limit: 10, cursor: body.next_cursor })).status,
    )
  }
  const hour = {
    from: new Date(Date.now() - 86_400_000).toISOString(),
    to: new Date(Date.now() - 82_800_000).toISOString(),
  }
  for (const who of [admin, supervisor]) {
    for (const status of ['', 'open', 'claimed', 'closed']) {
      for (const more of [{}, { tag: 'many' }, { admin_id: admin.id }, { admin_id: admin.id, tag: 'many' }, hour]) {
        const query = { ...more, ...(status !== '' && { status }), limit: 10 }
        statuses.push((await chat.get('admin/sessions/', who, query)).status)
      }
    }
  }
  t.same([...new Set(statuses)], [200])

  const distinct = new Map(
    captured.map((statement, place) => [statement.text, { statement, isList: place >= counting }]),
  )
  const isOurs = (text: string) => /chat_(session|note|rating)/.test(text) && !text.includes('json_agg(s.change_seq)')
  const concerned = [...distinct.values()].filter(({ statement }) => isOurs(statement.text))
  t.ok(concerned.length >= 30, `${concerned.length} statements`)
  for (const { statement, isList } of concerned) {
    const scans = await findTableScans(database, statement)
    const what = statement.text
      .replace(/^[^]*?::text as json/, '')
      .trim()
      .slice(0, 700)
    t.same(
      scans.filter((table) => large.includes(table)),
      [],
      what,
    )
    if (!isList || what.startsWith('select count')) continue
    for (const count of [countRowsRead, countRowsReadByAnyPlan]) {
      const rows = (await count(database, statement)).reduce((sum, one) => sum + one, 0)
      t.ok(rows < MOST_ROWS, `${rows} rows by ${count.name}: ${what} ${JSON.stringify(statement.values)}`)
    }
  }
})
