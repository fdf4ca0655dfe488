import t from 'tap'
import { addAdmin } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation, openConversation, sendMessages } from '../support/chat/conversations.js'
import { startNode } from '../support/nodes/node.js'
import { lockReceipts } from '../support/chat/session-lock.js'
import { addMessages } from '../support/chat/sessions.js'

const chat = createChatClient(await startNode(t))
const { get, post } = chat
const { database } = chat.node

type Claimed = Awaited<ReturnType<typeof claimConversation>>

/** The status of each message, read from the database: fetching would change it. */
async function statuses({ sessionId }: Pick<Claimed, 'sessionId'>): Promise<string> {
  const rows = await database.query<{ status: string }>(
    `select case when m.id <= r.read_up_to then 'read' when m.id <= r.delivered_up_to then 'delivered' else 'sent' end
       as status
     from chat_message m left join chat_receipt r on r.session_id = m.session_id and r.side <> m.sender_type
     where m.session_id = $1 order by m.id`,
    [sessionId],
  )
  return rows.map(({ status }) => status).join()
}

const read = (account: { token: string }, session_id: number) => post('message/read/', account, { session_id })
const statusesIn = (messages: { status: string }[]) => messages.map(({ status }) => status).join()

t.test('a message is sent, then delivered, then read', async (t) => {
  const conversation = await claimConversation(chat)
  const { store, admin, sessionId } = conversation
  const send = async () => (await post('store/message/', store, { content: 'a' })).body.message.status
  t.equal(await send(), 'sent')
  t.equal(statusesIn((await get('store/session/', store)).body.messages), 'sent', 'for its sender too')
  t.equal(statusesIn((await get('admin/session/', admin, { session_id: sessionId })).body.messages), 'delivered')
  t.equal(statusesIn((await get('store/session/', store)).body.messages), 'delivered')
  t.equal(await send(), 'sent')
  t.strictSame((await read(admin, sessionId)).body, { status: 'ok' })
  t.equal(statusesIn((await get('store/messages/', store)).body.data), 'read,read')
  t.equal(await send(), 'sent')
  t.equal(await statuses(conversation), 'read,read,sent')
})

t.test('each way of fetching delivers', async (t) => {
  const fromStore = {
    'admin/session/': (c: Claimed) => get('admin/session/', c.admin, { session_id: c.sessionId }),
    'admin/messages/': (c: Claimed) => get('admin/messages/', c.admin, { session_id: c.sessionId }),
  }
  for (const [path, fetch] of Object.entries(fromStore)) {
    const conversation = await claimConversation(chat)
    await sendMessages(chat, conversation.store, 2)
    await fetch(conversation)
    t.equal(await statuses(conversation), 'delivered,delivered', path)
  }
  const fromAdmin = {
    'store/session/': (c: Claimed) => get('store/session/', c.store),
    'store/messages/': (c: Claimed) => get('store/messages/', c.store),
    'store/messages/?session_id': (c: Claimed) => get('store/messages/', c.store, { session_id: c.sessionId }),
  }
  for (const [path, fetch] of Object.entries(fromAdmin)) {
    const conversation = await claimConversation(chat)
    await post('admin/message/', conversation.admin, { session_id: conversation.sessionId, content: 'a' })
    t.equal(await statuses(conversation), 'sent')
    await fetch(conversation)
    t.equal(await statuses(conversation), 'delivered', path)
  }
})

t.test("fetching and reading concern the other side's messages only", async (t) => {
  const conversation = await claimConversation(chat)
  const { store, admin, sessionId } = conversation
  await post('store/message/', store, { content: 'a' })
  await post('admin/message/', admin, { session_id: sessionId, content: 'b' })
  await get('store/session/', store)
  t.equal(await statuses(conversation), 'sent,delivered')
  await read(store, sessionId)
  t.equal(await statuses(conversation), 'sent,read')
  await read(admin, sessionId)
  t.equal(await statuses(conversation), 'read,read')
})

t.test('listing sessions shows the last message and delivers nothing', async (t) => {
  const conversation = await claimConversation(chat)
  await sendMessages(chat, conversation.store, 1)
  const { body } = await get('admin/sessions/my/', conversation.admin)
  t.equal(body.data[0].last_message.status, 'sent')
  t.equal(await statuses(conversation), 'sent')
})

t.test('an older page takes nothing back, and reads nothing that it did not hold', async (t) => {
  const conversation = await claimConversation(chat)
  const { store, admin, sessionId } = conversation
  const ids = await sendMessages(chat, store, 4)
  await get('admin/messages/', admin, { session_id: sessionId, before: ids[2] })
  t.equal(await statuses(conversation), 'delivered,delivered,sent,sent')
  await get('admin/messages/', admin, { session_id: sessionId, after: ids[0], limit: 2 })
  t.equal(await statuses(conversation), 'delivered,delivered,delivered,sent')
  await read(admin, sessionId)
  await get('admin/messages/', admin, { session_id: sessionId, before: ids[1] })
  t.equal(await statuses(conversation), 'read,read,read,read')
})

t.test('a fetch that is overtaken by a later one takes nothing back', async (t) => {
  const conversation = await claimConversation(chat)
  const { store, admin, sessionId } = conversation
  await sendMessages(chat, store, 1)
  await get('admin/session/', admin, { session_id: sessionId })
  const ids = await sendMessages(chat, store, 3)
  const lock = await lockReceipts(database, sessionId)
  const newest = await lock.enqueue(() => get('admin/session/', admin, { session_id: sessionId }))
  const older = await lock.enqueue(() => get('admin/messages/', admin, { session_id: sessionId, before: ids[1] }))
  await lock.release()
  t.same([(await newest.answer).status, (await older.answer).status], [200, 200])
  t.equal(await statuses(conversation), 'delivered,delivered,delivered,delivered')
})

t.test('no status ever goes backwards while both sides fetch and read at once', async (t) => {
  const { store, admin, sessionId } = await claimConversation(chat)
  const order = ['sent', 'delivered', 'read']
  const seen = new Map<number, number>()
  let looked = 0
  const look = async () => {
    for (const { id, status } of (await get('store/messages/', store, { limit: 200 })).body.data) {
      if (order.indexOf(status) < (seen.get(id) ?? 0)) t.fail(`message ${id} went back to ${status}`)
      seen.set(id, Math.max(order.indexOf(status), seen.get(id) ?? 0))
    }
    looked++
  }
  for (let round = 0; round < 20; round++) {
    await post('store/message/', store, { content: `message ${round}` })
    await Promise.all([
      read(admin, sessionId),
      get('admin/session/', admin, { session_id: sessionId }),
      get('admin/messages/', admin, { session_id: sessionId, limit: 3 }),
      look(),
    ])
  }
  await look()
  t.same([looked, [...seen.values()]], [21, Array.from({ length: 20 }, () => 2)], 'and all are read in the end')
})

t.test('reading 5,000 messages writes one row, and again none', async (t) => {
  const conversation = await claimConversation(chat)
  const { store, admin, sessionId } = conversation
  await addMessages(
    database,
    sessionId,
    Array.from({ length: 5000 }, () => ({ content: 'unread' })),
  )
  const rows = () =>
    database.query(
      `select side, read_up_to = (select max(id) from chat_message where session_id = $1) as all, xmin::text
       from chat_receipt where session_id = $1`,
      [sessionId],
    )
  t.equal((await read(admin, sessionId)).status, 200)
  const first = await rows()
  t.match(first, [{ side: 'admin', all: true }])
  t.equal((await get('store/messages/', store, { limit: 200 })).body.data[0].status, 'read')
  t.equal((await read(admin, sessionId)).status, 200)
  t.strictSame(await rows(), first, 'the row is not even written again')
})

t.test('only the parties of a session mark it read', async (t) => {
  const conversation = await claimConversation(chat)
  const { store, sessionId } = conversation
  await sendMessages(chat, store, 1)
  const [other, stranger] = [await addAdmin(database), (await openConversation(chat)).store]
  t.equal((await read(other, sessionId)).status, 403)
  t.equal((await read(stranger, sessionId)).status, 404)
  t.equal((await read(other, Number.MAX_SAFE_INTEGER)).status, 404)
  t.equal(await statuses(conversation), 'sent')
  await post('store/close/', store)
  t.equal((await read(conversation.admin, sessionId)).status, 200, 'closed as well')
  t.equal(await statuses(conversation), 'read')
})
