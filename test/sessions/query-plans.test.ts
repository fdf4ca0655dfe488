import t from 'tap'
import { addAdmin } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation, openConversation, sendMessages } from '../support/chat/conversations.js'
import { startNode } from '../support/nodes/node.js'
import { fillTables } from '../support/databases/fill-tables.js'
import { captureStatements, findTableScans } from '../support/databases/statements.js'

const chat = createChatClient(await startNode(t))
const { get, post } = chat
const { database } = chat.node

const large = ['chat_session', 'chat_message', 'chat_receipt']

/** 4,000 open sessions, 300 of one admin, 30,000 closed ones, and ten messages in each of the first 6,000. */
async function fillDatabase(adminId: number): Promise<void> {
  await fillTables(database, [
    [`insert into store (id, name) select id, 'Store ' || id from generate_series(10001, 44300) id`],
    [
      `insert into chat_session (store_id, status, admin_id, closed_at, seq, created, last_message_at)
     select id, case when id <= 14000 then 'open' when id <= 14300 then 'claimed' else 'closed' end::session_status,
       case when id between 14001 and 14300 then $1::bigint end, case when id > 14300 then now() end, 11,
       now() - interval '1 hour', now() - interval '1 minute' * (id % 50)
     from generate_series(10001, 44300) id`,
      adminId,
    ],
    [
      `insert into chat_message (session_id, seq, sender_type, sender_id, holder_id, content, attachment_url, attachment_type, created)
     select s.id, place + 1, 'store', store_id, admin_id, 'hello', '', '', s.last_message_at
     from chat_session s, generate_series(1, 10) place where s.store_id between 10001 and 16000`,
    ],
    [
      `insert into chat_receipt (session_id, side) select id, side from chat_session, unnest('{store,admin}'::side[]) side
     on conflict do nothing`,
    ],
  ])
  await database.query('analyze')
}

t.test('no statement of the chat reads all sessions or all messages', async (t) => {
  const [{ store, admin, sessionId }, waiting] = [await claimConversation(chat), await openConversation(chat)]
  const next = await addAdmin(database)
  await fillDatabase(admin.id)
  const [first = 0] = await sendMessages(chat, store, 3)
  const captured = captureStatements(t)
  const id = { session_id: sessionId }

  const answers = [
    await get('admin/sessions/open/', admin),
    await get('admin/sessions/my/', admin),
    await get('store/sessions/', store),
    await get('admin/sessions/', admin, { store_id: store.id }),
    await get('admin/session/', admin, id),
    await get('admin/messages/', admin, id),
    await get('admin/messages/', admin, { ...id, before: first + 2 }),
    await get('admin/messages/', admin, { ...id, after: first }),
    await get('store/session/', store),
    await get('store/messages/', store),
    await get('store/messages/', store, id),
    await get('admin/notifications/', admin),
    await get('admin/notifications/', admin, { before: first }),
    await get('admin/notifications/count/', admin),
    await post('admin/notifications/read/', admin, { id: first }),
    await post('message/read/', admin, id),
    await post('message/read/', store, id),
    await post('admin/notifications/read-all/', admin),
    await post('store/message/', store, { content: 'a', client_message_id: 'a' }),
    await post('store/message/', store, { content: 'a', client_message_id: 'a' }),
    await post('admin/message/', admin, { ...id, content: 'a', client_message_id: 'a' }),
    await post('admin/session/transfer/', admin, { ...id, admin_id: next.id }),
    await post('admin/session/release/', next, id),
    await post('admin/session/claim/', next, id),
    await post('admin/close/', next, id),
    await post('store/close/', waiting.store),
    await get('store/session/', store),
  ]
  for (const list of ['open', 'my']) {
    const { next_cursor } = (await get(`admin/sessions/${list}/`, admin, { limit: 10 })).body
    answers.push(await get(`admin/sessions/${list}/`, admin, { cursor: next_cursor }))
  }
  t.same([...new Set(answers.map(({ status }) => status))], [200])

  const distinct = new Map(captured.map((statement) => [statement.text, statement]))
  // The sweep runs at the same time and reads new events, which are nearly all here.
  const isSweep = (text: string) => text.includes('json_agg(s.change_seq)')
  const concerned = [...distinct.values()].filter(({ text }) => /chat_(message|session)\b/.test(text) && !isSweep(text))
  t.ok(concerned.length >= 15, `${concerned.length} statements`)
  for (const statement of concerned) {
    const scans = await findTableScans(database, statement)
    t.same(
      scans.filter((table) => large.includes(table)),
      [],
      statement.text.trim().slice(0, 300),
    )
  }
})
