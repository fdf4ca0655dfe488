import t from 'tap'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation, openConversation, sendMessages } from '../support/chat/conversations.js'
import type { TestDatabase } from '../support/databases/database.js'
import { startNode } from '../support/nodes/node.js'
import { addMessages } from '../support/chat/sessions.js'

const chat = createChatClient(await startNode(t))
const { post } = chat
const { database } = chat.node

const tables = [
  'admin',
  'store',
  'chat_session',
  'chat_session_change',
  'chat_message',
  'chat_file',
  'chat_message_file',
  'chat_receipt',
  'notification_session_mark',
  'notification_mark',
  'open_session_count',
  ...['chat_session_details', 'chat_session_tag', 'chat_note', 'chat_rating', 'canned_reply', 'canned_reply_use'],
]

/** Of webhooks, reminders, the search and reports, which follow the log: nothing of it is written with a message. */
const tablesOfConsumers = [
  ...['webhook', 'webhook_session', 'webhook_delivery', 'event_cursor'],
  ...['unread_event', 'unread_reminder', 'unread_mail', 'mail_key', 'mail_unsubscribe'],
  ...['chat_message_search', 'chat_search_term', 'chat_session_times'],
]

/** Counts every row that is inserted, updated or deleted, in any table of the chat. */
async function watchWrites({ query }: TestDatabase) {
  await query('create table written (name text)')
  await query(`create function note_write() returns trigger language plpgsql as $$
    begin insert into written values (tg_table_name); return null; end $$`)
  for (const table of tables) {
    await query(`create trigger note_write after insert or update or delete on ${table}
      for each row execute function note_write()`)
  }
  return async (act: () => Promise<{ status: number }>) => {
    await query('truncate written')
    const { status } = await act()
    const rows = await query<{ name: string }>('select name from written order by name')
    return [status, ...rows.map(({ name }) => name)].join(' ')
  }
}

t.test('a statement writes as few rows as its act is large, whoever is concerned', async (t) => {
  const all = await database.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public'`,
  )
  // Of tokens, migrations and who is online: no act of the chat writes there.
  const others = ['access_token', '_prisma_migrations', 'chat_node', 'online', ...tablesOfConsumers]
  t.same(
    all
      .map(({ name }) => name)
      .filter((name) => !others.includes(name))
      .sort(),
    [...tables].sort(),
  )
  const [open, claimed] = [await openConversation(chat), await claimConversation(chat)]
  const { store, admin, sessionId } = claimed
  const written = await watchWrites(database)

  const sendEach = async () => [
    await written(() => post('store/message/', open.store, { content: 'to all' })),
    await written(() => post('store/message/', store, { content: 'to one' })),
    await written(() => post('admin/message/', admin, { session_id: sessionId, content: 'back' })),
  ]
  const withFew = await sendEach()
  await database.query(`insert into admin (id, name) select id, 'Admin' from generate_series(100001, 101000) id`)
  t.same(await sendEach(), withFew, 'with 1,000 admins as with 2')
  t.same(
    withFew,
    Array.from({ length: 3 }, () => '200 chat_message chat_session'),
  )

  await t.test('reading 5,000 messages writes one receipt', async (t) => {
    const unread = (side: 'store' | 'admin') => Array.from({ length: 5000 }, () => ({ side, content: 'unread' }))
    await addMessages(database, sessionId, unread('admin'))
    t.equal(await written(() => post('message/read/', store, { session_id: sessionId })), '200 chat_receipt')
    await addMessages(database, sessionId, unread('store'))
    const read = () => post('message/read/', admin, { session_id: sessionId })
    t.equal(await written(read), '200 chat_receipt notification_session_mark', 'and one mark of notifications')
    t.equal(await written(read), '200', 'and again nothing')
  })

  await t.test('reading all notifications writes a mark for each session, not for each message', async (t) => {
    const [one, other] = [await claimConversation(chat), await openConversation(chat)]
    await sendMessages(chat, one.store, 5)
    await sendMessages(chat, other.store, 5)
    const readAll = () => post('admin/notifications/read-all/', one.admin)
    const [status, ...names] = (await written(readAll)).split(' ')
    t.equal(status, '200')
    // Its own and the two that nobody holds.
    t.same(
      names,
      Array.from({ length: 3 }, () => 'notification_session_mark'),
    )
  })

  await t.test('a repeated send and a repeated claim write nothing', async (t) => {
    const draft = { content: 'once', client_message_id: 'once' }
    await post('store/message/', store, draft)
    t.equal(await written(() => post('store/message/', store, draft)), '200')
    t.equal(await written(() => post('admin/session/claim/', admin, { session_id: sessionId })), '200')
    t.equal(await written(() => post('admin/session/claim/', open.admin, { session_id: sessionId })), '409')
  })
})
