import t from 'tap'
import { createChatClient } from '../../support/chat/chat-client.js'
import { claimConversation, openConversation } from '../../support/chat/conversations.js'
import { startNode } from '../../support/nodes/node.js'
import { startReceiver } from '../../support/platform/receiver.js'
import { fillTables } from '../../support/databases/fill-tables.js'
import { captureStatements, countRowsReadByAnyPlan, findTableScans } from '../../support/databases/statements.js'
import { until } from '../../../harness/until.js'
import { addMessages } from '../../support/chat/sessions.js'
import { callPlatform, createWebhook, webhookConfig } from '../../support/platform/webhooks.js'

const node = await startNode(t, { config: { ...webhookConfig(), unreadAfterMs: 0 } })
const chat = createChatClient(node)
const { database } = node
const DEADLINE_MS = 20_000

const large = ['chat_session', 'chat_message', 'chat_session_change', 'webhook_session', 'unread_reminder']

/** 20,000 old sessions with two messages each, which another webhook has received. */
async function fillDatabase(): Promise<void> {
  await fillTables(database, [
    [`insert into store (id, name) select id, 'Store' from generate_series(10001, 30000) id`],
    [`insert into chat_session (store_id, seq) select id, 3 from generate_series(10001, 30000) id`],
    [
      `insert into chat_message (session_id, seq, sender_type, sender_id, content, attachment_url, attachment_type, created)
     select s.id, place, 'store', store_id, 'hello', '', '', now() from chat_session s, generate_series(2, 3) place
     where store_id > 10000`,
    ],
    [
      `insert into chat_session_change (session_id, seq, kind, session)
     select id, 1, 'create', '{}' from chat_session where store_id > 10000`,
    ],
    [
      `insert into webhook_session (webhook_id, session_id, seq, unread_id)
     select 1000, id, 3, 0 from chat_session where store_id > 10000`,
    ],
    [`insert into unread_reminder (session_id) select id from chat_session where store_id > 10000`],
  ])
  await database.query('analyze')
}

t.test('no statement of the deliveries reads a whole table', async (t) => {
  await fillDatabase()
  const captured = captureStatements(t)
  const receiver = await startReceiver(t)
  await createWebhook(node, receiver.url)
  const { admin, sessionId } = await claimConversation(chat)
  await chat.post('admin/message/', admin, { session_id: sessionId, content: 'hello' })
  await until(() => receiver.accepted.some(({ type }) => type === 'message.unread'), DEADLINE_MS)
  const distinct = new Map(captured.map((statement) => [statement.text, statement]))
  const ours = [...distinct.values()].filter(({ text }) => /webhook_|unread_|event_cursor/.test(text))
  t.ok(ours.length >= 8, `${ours.length} statements`)
  for (const statement of ours) {
    const scans = await findTableScans(database, statement)
    t.same(
      scans.filter((table) => large.includes(table)),
      [],
      statement.text.trim().slice(0, 300),
    )
  }
})

t.test('making a session due reads none of its messages, once the webhook has met it', async (t) => {
  const { id } = await createWebhook(node, 'http://127.0.0.1:1/')
  await callPlatform(node, 'PATCH', `${id}/`, { active: false })
  const { store, sessionId } = await openConversation(chat)
  const known = async () =>
    (await database.query('select from webhook_session where webhook_id = $1 and session_id = $2', [id, sessionId]))
      .length
  await chat.post('store/message/', store, { content: 'first' })
  await until(known, DEADLINE_MS, 'the webhook has met the session')
  await addMessages(
    database,
    sessionId,
    Array.from({ length: 300 }, () => ({ content: 'more' })),
  )
  const captured = captureStatements(t)
  const findMark = () => captured.find(({ text }) => text.includes('as given(session_id bigint, first_seq'))
  await chat.post('store/message/', store, { content: 'last' })
  await until(() => findMark() !== undefined, DEADLINE_MS, 'the session is marked')
  const read = await countRowsReadByAnyPlan(database, findMark() ?? { text: '', values: [] })
  t.ok(Math.max(...read) < 20, `${read.join()} rows`)
})
