import t from 'tap'
import { addAdmin, addStore } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation, openConversation, sendMessages } from '../support/chat/conversations.js'
import { startNode } from '../support/nodes/node.js'
import { addMessages } from '../support/chat/sessions.js'

const chat = createChatClient(await startNode(t))
const { get, post } = chat
const { database } = chat.node

const idsOf = ({ body }: { body: { data: { id: number }[] } }) => body.data.map(({ id }) => id)

/** A claimed conversation with a number of messages. */
async function fillConversation(count: number) {
  const conversation = await claimConversation(chat)
  const messages = Array.from({ length: count }, (_, place) => ({ content: `message ${place}` }))
  return { ...conversation, ids: await addMessages(database, conversation.sessionId, messages) }
}

t.test('the newest 50 come oldest first unless told otherwise', async (t) => {
  const { store, admin, sessionId, ids } = await fillConversation(60)
  for (const answer of [
    await get('store/messages/', store),
    await get('store/messages/', store, { session_id: sessionId }),
    await get('admin/messages/', admin, { session_id: sessionId }),
  ]) {
    t.equal(answer.status, 200)
    t.equal(Object.keys(answer.body).join(), 'data,has_more')
    t.same(idsOf(answer), ids.slice(10))
    t.equal(answer.body.has_more, true)
  }
})

t.test('paging back by before and forth by after meets every message once', async (t) => {
  const { store, ids } = await fillConversation(23)
  for (const limit of [1, 7, 23, 24]) {
    const back: number[] = []
    for (let hasMore = true; hasMore;) {
      const answer = await get('store/messages/', store, { limit, ...(back[0] && { before: back[0] }) })
      back.unshift(...idsOf(answer))
      hasMore = answer.body.has_more
    }
    t.same(back, ids, `back by ${limit}`)
    const forth = ids.slice(0, 1)
    for (let hasMore = true; hasMore;) {
      const answer = await get('store/messages/', store, { limit, after: forth.at(-1) })
      forth.push(...idsOf(answer))
      hasMore = answer.body.has_more
    }
    t.same(forth, ids, `forth by ${limit}`)
  }
})

t.test('has_more is true exactly when the direction of paging holds more', async (t) => {
  const { store, ids } = await fillConversation(5)
  const hasMore = async (query: object) => (await get('store/messages/', store, { ...query })).body.has_more
  t.equal(await hasMore({ limit: 5 }), false)
  t.equal(await hasMore({ limit: 4 }), true)
  t.equal(await hasMore({ limit: 2, before: ids[2] }), false)
  t.equal(await hasMore({ limit: 2, before: ids[3] }), true)
  t.equal(await hasMore({ limit: 2, after: ids[2] }), false)
  t.equal(await hasMore({ limit: 2, after: ids[1] }), true)
  t.strictSame((await get('store/messages/', store, { before: ids[0] })).body, { data: [], has_more: false })
  t.strictSame((await get('store/messages/', store, { after: ids[4] })).body, { data: [], has_more: false })
  const between = await get('store/messages/', store, { after: ids[0], before: ids[4] })
  t.same(idsOf(between), ids.slice(1, 4), 'before and after together are a range')
})

t.test('a page stays true while messages arrive', async (t) => {
  const { store, ids } = await fillConversation(10)
  const first = await get('store/messages/', store, { limit: 4 })
  await sendMessages(chat, store, 3)
  const second = await get('store/messages/', store, { limit: 6, before: idsOf(first)[0] })
  t.same([...idsOf(second), ...idsOf(first)], ids)
})

t.test('limit is 1 to 200', async (t) => {
  const { store, ids } = await fillConversation(201)
  t.same(idsOf(await get('store/messages/', store, { limit: 200 })), ids.slice(1))
  for (const limit of [0, -1, 201, 1.5, 'ten', '', '1e999', 'NaN']) {
    const { status, body } = await get('store/messages/', store, { limit })
    t.equal(status, 400, `limit=${limit}`)
    t.equal(body.errors[0].field, 'limit')
  }
})

t.test('a cursor is a message of this session', async (t) => {
  const [mine, other] = [await fillConversation(2), await fillConversation(2)]
  for (const cursor of ['before', 'after']) {
    const answers = [other.ids[0], Number.MAX_SAFE_INTEGER].map((id) =>
      get('store/messages/', mine.store, { [cursor]: id }),
    )
    const [foreign, unknown] = await Promise.all(answers)
    t.equal(foreign?.status, 400)
    t.equal(foreign?.body.errors[0].field, cursor)
    t.equal(foreign?.text, unknown?.text, 'of another session and of none is the same')
  }
})

t.test('closed sessions keep their history, for their store and for who held them', async (t) => {
  const { store, admin, sessionId, ids } = await fillConversation(3)
  await post('store/close/', store)
  t.equal((await get('store/messages/', store)).status, 404, 'none is active')
  t.same(idsOf(await get('store/messages/', store, { session_id: sessionId })), ids)
  t.same(idsOf(await get('admin/messages/', admin, { session_id: sessionId })), ids)
  const [otherStore, otherAdmin] = [await addStore(database), await addAdmin(database)]
  t.equal((await get('store/messages/', otherStore, { session_id: sessionId })).status, 404)
  t.equal((await get('admin/messages/', otherAdmin, { session_id: sessionId })).status, 403)
})

t.test('every admin may read an open session', async (t) => {
  const { store, admin, sessionId } = await openConversation(chat)
  const ids = await sendMessages(chat, store, 2)
  for (const reader of [admin, await addAdmin(database)]) {
    t.same(idsOf(await get('admin/messages/', reader, { session_id: sessionId })), ids)
  }
  t.equal((await get('admin/messages/', admin)).status, 400, 'an admin says which session')
})
