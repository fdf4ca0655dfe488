import t, { type Test } from 'tap'
import { openDatabase } from '../../src/database/database.js'
import { countUnread as countUnreadOf } from '../../src/notifications/count-unread.js'
import { addAdmin } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation, openConversation, sendMessages } from '../support/chat/conversations.js'
import { startNode } from '../support/nodes/node.js'
import { addMessages } from '../support/chat/sessions.js'
import { captureStatements, countRowsRead } from '../support/databases/statements.js'
import { countUnread } from '../support/chat/unread.js'

/** An open session notifies every admin, so each test has its own database. */
const startChat = async (t: Test) => createChatClient(await startNode(t))

t.test('admins are counted together as one by one', async (t) => {
  const chat = await startChat(t)
  const { database } = chat.node
  const [one, other] = [await claimConversation(chat), await openConversation(chat)]
  const [patient, tidy, late] = [await addAdmin(database), await addAdmin(database), await addAdmin(database)]
  await sendMessages(chat, one.store, 2)
  const [first] = await sendMessages(chat, other.store, 3)
  await database.query(`update chat_message set created = created - interval '1 hour'`)
  await chat.post('admin/notifications/read-all/', tidy)
  await sendMessages(chat, other.store, 4)
  await chat.post('admin/notifications/read/', patient, { id: first })
  const admins = [one.admin, other.admin, patient, tidy, late]
  const expected = []
  for (const admin of admins) expected.push([admin.id, { count: await countUnread(t, chat, admin) }] as const)
  t.strictSame(
    expected.map(([, { count }]) => count),
    [9, 7, 6, 4, 7],
  )
  const options = { databasePoolSize: 1, databaseAcquireTimeoutMs: 5000, databaseStatementTimeoutMs: 5000 }
  const { db, close } = openDatabase({ databaseUrl: database.url, ...options })
  t.teardown(close)
  const ids = admins.map(({ id }) => id)
  t.strictSame(await countUnreadOf(db, ids), new Map(expected))
})

t.test('a number is exact up to 999, and from there on says that there are more', async (t) => {
  const chat = await startChat(t)
  const { store, admin, sessionId } = await openConversation(chat)
  const count = async () => (await chat.get('admin/notifications/count/', admin)).body.data
  const ids = await addMessages(chat.node.database, sessionId, Array(999).fill({ content: 'unread' }))
  t.strictSame(await count(), { count: 999 })
  await sendMessages(chat, store, 1)
  t.strictSame(await count(), { count: 999, has_more: true })
  await chat.post('admin/notifications/read/', admin, { id: ids[500] })
  t.strictSame(await count(), { count: 999 })
  await chat.post('admin/notifications/read/', admin, { id: ids[0] })
  t.strictSame(await count(), { count: 998 })
})

t.test('counting reads a bounded number of messages and marks, however many there are', async (t) => {
  const chat = await startChat(t)
  const { database } = chat.node
  const [{ sessionId, admin }, other] = [await openConversation(chat), await openConversation(chat)]
  const many = Array(30_000).fill({ content: '' })
  const ids = await addMessages(database, sessionId, many)
  const count = async () => (await chat.get('admin/notifications/count/', admin)).body.data
  const captured = captureStatements(t)
  const readRows = async () => {
    const statement = captured.findLast(({ text }) => text.includes('count('))
    if (statement === undefined) throw new Error('Nothing was counted')
    return Math.max(...(await countRowsRead(database, statement)))
  }
  t.strictSame(await count(), { count: 999, has_more: true })
  t.ok((await readRows()) <= 1000, 'all of them unread')

  await database.query(
    `insert into notification_mark (admin_id, message_id) select $1, id from chat_message where session_id = $2`,
    [admin.id, sessionId],
  )
  await sendMessages(chat, other.store, 2)
  await database.query('analyze')
  t.strictSame(await count(), { count: 2, has_more: true }, 'there may be more below')
  t.ok((await readRows()) <= 5001, 'nearly all of them read')
  await database.query('update admin set notifications_read_up_to = $2 where id = $1', [admin.id, ids.at(-1)])
  t.strictSame(await count(), { count: 2 })
})

t.test('count and list agree while stores write and the admin reads', async (t) => {
  const chat = await startChat(t)
  const conversations = [await claimConversation(chat), await openConversation(chat), await openConversation(chat)]
  const admin = conversations[0]?.admin ?? (await addAdmin(chat.node.database))
  for (let round = 0; round < 15; round++) {
    const sent = await Promise.all(conversations.map(async ({ store }) => sendMessages(chat, store, 2)))
    await Promise.all([
      chat.post('admin/notifications/read/', admin, { id: sent[round % 3]?.[1] }),
      round % 4 === 1 && chat.post('message/read/', admin, { session_id: conversations[round % 3]?.sessionId }),
      round % 4 === 3 && chat.post('admin/notifications/read-all/', admin),
      sendMessages(chat, conversations[(round + 1) % 3]?.store ?? admin, 1),
    ])
    await countUnread(t, chat, admin)
  }
  await chat.post('admin/notifications/read-all/', admin)
  t.equal(await countUnread(t, chat, admin), 0)
})
