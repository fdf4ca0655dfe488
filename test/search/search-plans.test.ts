import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { readText } from '../../src/database/database.js'
import { Prisma } from '../../src/generated/prisma/client.js'
import { addAdmin } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation } from '../support/chat/conversations.js'
import { fillNow, find, search } from '../support/chat/search.js'
import { captureStatements, countRowsRead, findTableScans } from '../support/databases/statements.js'
import { startNode } from '../support/nodes/node.js'

const chat = createChatClient(await startNode(t))
const { database } = chat.node
// There are few sessions here.
const large = ['chat_message', 'chat_message_search', 'chat_search_term']

/** 20,000 messages that all hold a word, each tenth of them in a session of an agent's own; one more holds another word. */
async function fillDatabase(adminId: number): Promise<void> {
  await database.query(`insert into store (id, name) select id, 'Store ' || id from generate_series(10001, 12000) id`)
  await database.query(
    `insert into chat_session (store_id, status, admin_id, seq)
     select id, 'claimed'::session_status, case when id % 10 = 0 then $1::bigint end, 11 from generate_series(10001, 12000) id
     where id % 10 = 0
     union all select id, 'open'::session_status, null, 11 from generate_series(10001, 10400) id where id % 10 > 0`,
    [adminId],
  )
  await database.query(
    `with stored as (
       insert into chat_message (session_id, seq, sender_type, sender_id, content, attachment_url, attachment_type, created)
       select s.id, 1 + n, 'store', s.store_id, 'a common thing number ' || s.id * 100 + n, '', '', now()
       from chat_session s, generate_series(1, 35) n where s.store_id > 10000
       returning id, session_id, content, created
     )
     insert into chat_message_search (message_id, session_id, content, created) select id, session_id, content, created from stored`,
  )
  await database.query('analyze')
}

/** Whether messages with exactly this term are asked for. */
const isFor = (values: unknown[], term: string) => values.some((value) => isDeepStrictEqual(value, [term]))

t.test('an agent that may read many sessions finds nothing of the others', async (t) => {
  const [mine, other] = [await claimConversation(chat), await claimConversation(chat)]
  const supervisor = await addAdmin(database, { role: 'supervisor' })
  await fillDatabase(mine.admin.id)
  await chat.post('store/message/', other.store, { content: 'a private thing of another' })
  await chat.post('store/message/', mine.store, { content: 'a private thing of mine' })
  await fillNow(chat)
  const byAll = ['a private thing of mine', 'a private thing of another']
  t.same(await find(chat, supervisor, 'private thing'), byAll)
  t.same(await find(chat, mine.admin, 'private thing'), ['a private thing of mine'])
  await chat.post('admin/session/transfer/', other.admin, { session_id: other.sessionId, admin_id: mine.admin.id })
  t.same(await find(chat, mine.admin, 'private thing'), byAll)
})

t.test('no search reads a table from end to end, and a common word is not read to its end', async (t) => {
  const { admin, store, sessionId } = await claimConversation(chat)
  const supervisor = await addAdmin(database, { role: 'supervisor' })
  await find(chat, supervisor, 'common')
  const captured = captureStatements(t)
  for (const account of [supervisor, admin]) {
    for (const q of ['common', 'common thing', '"common thing" -x', 'ommo', '12345', 'x']) {
      t.equal((await search(chat, account, q)).status, 200)
    }
    t.equal((await find(chat, account, 'common', { limit: 5 })).length, 5)
    await find(chat, account, 'common', {
      store_id: store.id,
      from: '2026-01-01T00:00:00Z',
      to: '2099-01-01T00:00:00Z',
    })
  }
  // What fills the search runs at any time; it belongs to no search.
  await fillNow(chat)
  await chat.get('admin/transcript/', admin, { session_id: sessionId })

  const distinct = new Map(captured.map((statement) => [statement.text, statement]))
  const concerned = [...distinct.values()].filter(({ text }) => large.some((table) => text.includes(table)))
  t.ok(concerned.length >= 6, `${concerned.length} statements`)
  for (const statement of concerned) {
    const scans = await findTableScans(database, statement)
    t.same(
      scans.filter((table) => large.includes(table)),
      [],
      statement.text.trim().slice(0, 300),
    )
  }
  const common = captured.find(({ text, values }) => text.includes('with found') && isFor(values, 'common'))
  const rows = common === undefined ? [NaN] : await countRowsRead(database, common)
  t.ok(Math.max(...rows) <= 4096, `${rows.join()} rows of 20,000`)
})

t.test(
  'a part that is in no text is looked for among the terms alone, and one that is in few is asked for by them',
  async (t) => {
    const supervisor = await addAdmin(database, { role: 'supervisor' })
    await find(chat, supervisor, 'common')
    const captured = captureStatements(t)
    t.same(await find(chat, supervisor, 'commonthing'), [])
    t.same(await find(chat, supervisor, 'rivat'), ['a private thing of mine', 'a private thing of another'])
    t.same(
      captured.filter(({ text }) => text.includes('ilike')),
      [],
    )
    t.ok(captured.some(({ values }) => isFor(values, 'private')))
  },
)

t.test(
  'a search is planned for its words: of those too short for a trigram, the index would be read to its end',
  async (t) => {
    const supervisor = await addAdmin(database, { role: 'supervisor' })
    for (let count = 0; count < 12; count++) await find(chat, supervisor, 'common')
    const sql = Prisma.sql`
    select coalesce(sum(generic_plans), 0)::text from pg_prepared_statements where cardinality(parameter_types) > 0`
    t.equal(await readText(chat.node.app.getSearchDeps().db, sql), '0')
  },
)
