import { Client } from 'pg'
import t, { type Test } from 'tap'
import { addAdmin, type TestAccount } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation, openConversation, sendMessages } from '../support/chat/conversations.js'
import { startNode } from '../support/nodes/node.js'
import { countUnread } from '../support/chat/unread.js'

interface Notification {
  id: number
  is_read: boolean
}

/** An open session notifies every admin, so each test has its own database. */
const startChat = async (t: Test) => createChatClient(await startNode(t))
const idsOf = ({ body }: { body: { data: Notification[] } }) => body.data.map(({ id }) => id)

t.test('a notification tells who wrote what, where', async (t) => {
  const chat = await startChat(t)
  const about = { name: 'Tech Store', logo_url: 'https://example.com/logo.png' }
  const { store, admin, sessionId } = await claimConversation(chat, about)
  const { body: sent } = await chat.post('store/message/', store, { content: `${'👋'.repeat(139)}世界` })
  const { status, body } = await chat.get('admin/notifications/', admin)
  t.equal(status, 200)
  t.equal(Object.keys(body).join(), 'success,message,data')
  t.equal(body.success, true)
  t.strictSame(body.data, [
    {
      id: body.data[0].id,
      admin_id: admin.id,
      message_id: sent.message.id,
      session_id: sessionId,
      store_id: store.id,
      store_name: about.name,
      store_logo: about.logo_url,
      content: `${'👋'.repeat(139)}世`,
      is_read: false,
      created_at: sent.message.created,
    },
  ])
  const count = await chat.get('admin/notifications/count/', admin)
  t.match(count.body, { success: true, message: String, data: { count: 1 } })
})

t.test('the holder is concerned, or everybody while there is none', async (t) => {
  const chat = await startChat(t)
  const { store, admin, sessionId } = await openConversation(chat)
  const other = await addAdmin(chat.node.database)
  const unread = async () => [await countUnread(t, chat, admin), await countUnread(t, chat, other)]
  await sendMessages(chat, store, 1)
  t.same(await unread(), [1, 1], 'open')
  await chat.post('admin/session/claim/', admin, { session_id: sessionId })
  t.same(await unread(), [1, 1], 'a claim takes nothing back')
  await sendMessages(chat, store, 1)
  t.same(await unread(), [2, 1], 'claimed')
  await chat.post('admin/message/', admin, { session_id: sessionId, content: 'an answer' })
  t.same(await unread(), [2, 1], 'what admins write notifies nobody')
  await chat.post('admin/session/transfer/', admin, { session_id: sessionId, admin_id: other.id })
  await sendMessages(chat, store, 1)
  t.same(await unread(), [2, 2], 'transferred')
  await chat.post('admin/session/release/', other, { session_id: sessionId })
  await sendMessages(chat, store, 1)
  t.same(await unread(), [3, 3], 'released')
})

t.test('they come newest first, page by page', async (t) => {
  const chat = await startChat(t)
  const [claimed, open] = [await claimConversation(chat), await openConversation(chat)]
  const { admin } = claimed
  const sent: number[] = []
  for (let count = 0; count < 5; count++) {
    sent.unshift(...(await sendMessages(chat, claimed.store, 1)))
    sent.unshift(...(await sendMessages(chat, open.store, 1)))
  }
  t.same(idsOf(await chat.get('admin/notifications/', admin)), sent)
  const paged: number[] = []
  for (;;) {
    const query = { limit: 3, ...(paged.length > 0 && { before: paged.at(-1) }) }
    const page = idsOf(await chat.get('admin/notifications/', admin, query))
    if (page.length === 0) break
    paged.push(...page)
    await sendMessages(chat, open.store, 1)
  }
  t.same(paged, sent, 'nothing twice, nothing missed, whatever arrives meanwhile')
  for (const limit of [0, 201, 'x']) t.equal((await chat.get('admin/notifications/', admin, { limit })).status, 400)
  t.equal((await chat.get('admin/notifications/', admin, { before: 0 })).status, 400)
})

t.test('they are read one by one, by session and all at once', async (t) => {
  const chat = await startChat(t)
  const [one, other] = [await claimConversation(chat), await openConversation(chat)]
  const { admin } = one
  const ids = await sendMessages(chat, one.store, 3)
  await sendMessages(chat, other.store, 3)
  t.equal(await countUnread(t, chat, admin), 6)

  const read = (id: unknown) => chat.post('admin/notifications/read/', admin, { id })
  const { status, body } = await read(ids[1])
  t.equal(status, 200)
  t.match(body, { success: true, message: String })
  t.equal(await countUnread(t, chat, admin), 5)
  t.equal((await read(ids[1])).status, 200, 'again is no failure')
  t.equal(await countUnread(t, chat, admin), 5, 'and changes nothing')

  await chat.post('message/read/', admin, { session_id: one.sessionId })
  t.equal(await countUnread(t, chat, admin), 3, 'reading a session reads its notifications')
  await sendMessages(chat, one.store, 1)
  t.equal(await countUnread(t, chat, admin), 4)

  const all = await chat.post('admin/notifications/read-all/', admin)
  t.equal(all.status, 200)
  t.match(all.body, { success: true, message: String })
  t.equal(await countUnread(t, chat, admin), 0)
  await sendMessages(chat, one.store, 1)
  await sendMessages(chat, other.store, 1)
  t.equal(await countUnread(t, chat, admin), 2, 'what comes later is unread')
  t.equal(await countUnread(t, chat, other.admin), 4, 'and another admin has read nothing')
})

t.test('the watermark follows who reads session by session or one by one, and the marks go', async (t) => {
  const chat = await startChat(t)
  const { query } = chat.node.database
  const [one, other] = [await claimConversation(chat), await openConversation(chat)]
  const { admin } = one
  const first = await sendMessages(chat, one.store, 3)
  const second = await sendMessages(chat, other.store, 2)
  const third = await sendMessages(chat, one.store, 2)
  const readSession = ({ sessionId }: typeof one) => chat.post('message/read/', admin, { session_id: sessionId })
  const state = async () => {
    const [row] = await query<{ up_to: number; marks: number }>(
      `select notifications_read_up_to::int as up_to, (select count(*)::int from notification_mark)
         + (select count(*)::int from notification_session_mark) as marks from admin where id = $1`,
      [admin.id],
    )
    return row
  }
  await readSession(one)
  t.same(await state(), { up_to: 0, marks: 1 }, 'what is new may be followed by an older id')
  await query(`update chat_message set created = created - interval '1 hour'`)
  await readSession(one)
  t.same(await state(), { up_to: first.at(-1), marks: 1 }, 'up to the oldest that is unread')
  await chat.post('admin/notifications/read/', admin, { id: second[0] })
  t.same(await state(), { up_to: second[0], marks: 1 })
  t.equal(await countUnread(t, chat, admin), 1)
  await readSession(other)
  t.same(await state(), { up_to: third.at(-1), marks: 0 })
  await sendMessages(chat, one.store, 1)
  t.equal(await countUnread(t, chat, admin), 1)
})

t.test('reading all covers what is old as well, and what was read stays read', async (t) => {
  const chat = await startChat(t)
  const { query } = chat.node.database
  const [one, other] = [await claimConversation(chat), await openConversation(chat)]
  const { admin } = one
  const readAll = () => chat.post('admin/notifications/read-all/', admin)
  const [first] = await sendMessages(chat, one.store, 3)
  await sendMessages(chat, other.store, 3)
  await chat.post('admin/notifications/read/', admin, { id: first })
  await chat.post('message/read/', admin, { session_id: other.sessionId })
  await query(`update chat_message set created = created - interval '1 hour'`)
  await sendMessages(chat, one.store, 2)
  t.equal(await countUnread(t, chat, admin), 4)
  await readAll()
  t.equal(await countUnread(t, chat, admin), 0)
  await query(`update chat_message set created = created - interval '1 hour'`)
  await readAll()
  t.equal(await countUnread(t, chat, admin), 0)
  const marks = `select (select count(*)::int from notification_mark) + (select count(*)::int from notification_session_mark) as marks`
  t.same(await query(marks), [{ marks: 0 }], 'marks that the watermark covers are gone')
  await sendMessages(chat, other.store, 1)
  t.equal(await countUnread(t, chat, admin), 1)
})

t.test('reading all does not swallow what is committed a moment later under an older id', async (t) => {
  const chat = await startChat(t)
  const { database } = chat.node
  const [slow, quick] = [await openConversation(chat), await openConversation(chat)]
  const { admin } = quick
  const client = new Client(database.url)
  await client.connect()
  t.teardown(() => client.end())
  await client.query('begin')
  await client.query(
    `insert into chat_message (session_id, seq, sender_type, sender_id, content, attachment_url, attachment_type, created)
     select id, 2, 'store', store_id, 'slow', '', '', now() from chat_session where id = $1`,
    [slow.sessionId],
  )
  const [newer] = await sendMessages(chat, quick.store, 1)
  await chat.post('admin/notifications/read-all/', admin)
  await client.query('commit')
  const { body } = await chat.get('admin/notifications/', admin)
  t.match(body.data, [
    { id: newer, is_read: true },
    { content: 'slow', is_read: false },
  ])
  t.equal(await countUnread(t, chat, admin), 1)
})

t.test("one that is not the admin's is not found", async (t) => {
  const chat = await startChat(t)
  const { store, admin, sessionId } = await claimConversation(chat)
  const other = await addAdmin(chat.node.database)
  const [id] = await sendMessages(chat, store, 1)
  const { body: own } = await chat.post('admin/message/', admin, { session_id: sessionId, content: 'a' })
  const read = (reader: TestAccount, notification: unknown) =>
    chat.post('admin/notifications/read/', reader, { id: notification })
  const [foreign, unknown] = [await read(other, id), await read(other, Number.MAX_SAFE_INTEGER)]
  t.equal(foreign.status, 404)
  t.equal(foreign.text, unknown.text, "another's and none are the same")
  t.equal((await read(admin, own.message.id)).status, 404, 'an own message notifies nobody')
  for (const bad of [0, -1, '1', null, undefined, 2 ** 53]) t.equal((await read(admin, bad)).status, 400)
  t.equal(await countUnread(t, chat, admin), 1)
})

t.test('to a new admin everything that was before is read', async (t) => {
  const platformToken = 'platform-token-for-tests'
  const chat = createChatClient(await startNode(t, { config: { platformToken } }))
  const { store } = await openConversation(chat)
  await sendMessages(chat, store, 3)
  const platform = { token: platformToken }
  await chat.node.put('/v1/chat/platform/admins/7/', { ...platform, body: { name: 'New' } })
  const { body } = await chat.node.post('/v1/chat/platform/tokens/', { ...platform, body: { admin_id: 7 } })
  const admin = { id: 7, token: body.token, tokenId: body.id }
  t.equal(await countUnread(t, chat, admin), 0)
  await sendMessages(chat, store, 1)
  t.equal(await countUnread(t, chat, admin), 1)
  await chat.node.put('/v1/chat/platform/admins/7/', { ...platform, body: { name: 'Renamed' } })
  t.equal(await countUnread(t, chat, admin), 1, 'a new name reads nothing')
})
