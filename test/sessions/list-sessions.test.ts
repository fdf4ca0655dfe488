import t from 'tap'
import type { Test } from 'tap'
import { addAdmin, addStore } from '../support/chat/accounts.js'
import { createChatClient, type ChatClient } from '../support/chat/chat-client.js'
import { claimConversation, openConversation, sendMessages } from '../support/chat/conversations.js'
import { startNode } from '../support/nodes/node.js'

interface ListedSession {
  id: number
  last_message_at: string
}

/** Follows the cursors to the end, doing something between the pages. */
async function readPages(
  { get }: ChatClient,
  path: string,
  admin: { token: string },
  limit: number,
  between?: () => Promise<unknown>,
) {
  const pages: ListedSession[][] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const { body } = await get(path, admin, { limit, ...(cursor !== '' && { cursor }) })
    pages.push(body.data)
    cursor = body.next_cursor
    if (cursor !== null) await between?.()
  }
  return pages
}

const idsOf = (pages: ListedSession[][]) => pages.flat().map(({ id }) => id)

/** A list of open sessions is all of a database's, so each test has one of its own. */
const startChat = async (t: Test) => createChatClient(await startNode(t))

t.test('open sessions: longest waiting first, with store and last message', async (t) => {
  const chat = await startChat(t)
  const { get } = chat
  const [first, second] = [await openConversation(chat), await openConversation(chat)]
  const [message] = await sendMessages(chat, first.store, 1)
  const { status, body } = await get('admin/sessions/open/', first.admin)
  t.equal(status, 200)
  t.equal(Object.keys(body).join(), 'data,count,next_cursor')
  t.match(body, { count: 2, next_cursor: null })
  t.same(idsOf([body.data]), [first.sessionId, second.sessionId], 'a message does not move it back')
  const [item, silent] = body.data
  const keys = 'id,store_id,admin_id,status,last_message_at,created,updated,tags,priority,store,last_message'
  t.equal(Object.keys(item).join(), keys)
  t.equal(item.store.id, first.store.id)
  t.match(item.last_message, { id: message, content: 'message 0', status: 'sent' })
  t.equal(silent.last_message, null)
})

t.test('open sessions: in are those that wait, out are claimed and closed ones', async (t) => {
  const chat = await startChat(t)
  const { get, post } = chat
  const [kept, claimed, closed] = [
    await openConversation(chat),
    await openConversation(chat),
    await openConversation(chat),
  ]
  const list = async () => {
    const { body } = await get('admin/sessions/open/', kept.admin)
    t.equal(body.count, body.data.length, 'the count is that of the list')
    return idsOf([body.data])
  }
  t.same(await list(), [kept.sessionId, claimed.sessionId, closed.sessionId])
  await post('admin/session/claim/', claimed.admin, { session_id: claimed.sessionId })
  await post('store/close/', closed.store)
  t.same(await list(), [kept.sessionId])
  await post('admin/session/release/', claimed.admin, { session_id: claimed.sessionId })
  t.same(await list(), [kept.sessionId, claimed.sessionId], 'a released one waits since it began')
})

t.test('open sessions: pages lose and repeat nothing while sessions come and go', async (t) => {
  const chat = await startChat(t)
  const { post } = chat
  const waiting = [await openConversation(chat)]
  for (let count = 1; count < 11; count++) waiting.push(await openConversation(chat))
  const admin = await addAdmin(chat.node.database)
  const leaving = [waiting[1], waiting[4], waiting[5], waiting[8]]
  const pages = await readPages(chat, 'admin/sessions/open/', admin, 2, async () => {
    const next = leaving.shift()
    if (next) await post('admin/session/claim/', admin, { session_id: next.sessionId })
    await post('store/message/', await addStore(chat.node.database), { content: 'a new one' })
  })
  const ids = idsOf(pages)
  t.equal(new Set(ids).size, ids.length, 'nothing twice')
  const stayed = waiting.filter((_, place) => ![1, 4, 5, 8].includes(place)).map(({ sessionId }) => sessionId)
  t.same(
    ids.filter((id) => stayed.includes(id)),
    stayed,
    'nothing missed',
  )
  t.same(
    ids,
    [...ids].sort((a, b) => a - b),
  )
})

t.test('my sessions: those I hold, newest message first', async (t) => {
  const chat = await startChat(t)
  const { get, post } = chat
  const admin = await addAdmin(chat.node.database)
  const mine = await holdSessions(chat, admin, 3)
  await claimConversation(chat)
  await openConversation(chat)
  const list = async () => (await get('admin/sessions/my/', admin)).body
  t.match(await list(), { count: 3, next_cursor: null })
  t.same(idsOf([(await list()).data]), mine.map(({ id }) => id).reverse(), 'without a message its creation counts')
  for (const place of [1, 0]) await post('store/message/', mine[place]?.store, { content: `to ${place}` })
  const { data } = await list()
  t.same(
    data.map(({ id, last_message }: { id: number; last_message: { content: string } | null }) => [
      mine.findIndex((session) => session.id === id),
      last_message?.content,
    ]),
    [
      [0, 'to 0'],
      [1, 'to 1'],
      [2, undefined],
    ],
  )
  await post('admin/session/release/', admin, { session_id: mine[0]?.id })
  await post('admin/close/', admin, { session_id: mine[1]?.id })
  t.match(await list(), { count: 1, data: [{ id: mine[2]?.id }] })
})

t.test('my sessions: pages lose and repeat nothing while messages move the order', async (t) => {
  const chat = await startChat(t)
  const { post } = chat
  const admin = await addAdmin(chat.node.database)
  const mine = await holdSessions(chat, admin, 12)
  for (const limit of [1, 5, 12]) {
    let round = 0
    const pages = await readPages(chat, 'admin/sessions/my/', admin, limit, async () => {
      await post('store/message/', mine[round]?.store, { content: 'hello' })
      await post('admin/message/', admin, { session_id: mine[11 - round]?.id, content: 'hello' })
      round = (round + 1) % 12
    })
    t.same(
      idsOf(pages).sort((a, b) => a - b),
      mine.map(({ id }) => id),
      `by ${limit}`,
    )
  }
})

t.test('my sessions: what comes and goes between pages does not disturb the rest', async (t) => {
  const chat = await startChat(t)
  const { post } = chat
  const admin = await addAdmin(chat.node.database)
  const mine = await holdSessions(chat, admin, 9)
  const leaving = [mine[8], mine[4], mine[0]]
  const pages = await readPages(chat, 'admin/sessions/my/', admin, 2, async () => {
    await holdSessions(chat, admin, 1)
    const next = leaving.shift()
    if (next) await post('admin/close/', admin, { session_id: next.id })
  })
  const ids = idsOf(pages)
  const stayed = [7, 6, 5, 3, 2, 1].map((place) => mine[place]?.id)
  t.equal(new Set(ids).size, ids.length, 'nothing twice')
  t.same(
    ids.filter((id) => stayed.includes(id)),
    stayed,
    'nothing missed',
  )
})

t.test('a cursor is one of the list, and limit is 1 to 200', async (t) => {
  const chat = await startChat(t)
  const { get } = chat
  const admin = await addAdmin(chat.node.database)
  await holdSessions(chat, admin, 2)
  await openConversation(chat)
  await openConversation(chat)
  const cursors = await Promise.all(
    ['open', 'my'].map(async (list) => (await get(`admin/sessions/${list}/`, admin, { limit: 1 })).body.next_cursor),
  )
  for (const [place, list] of ['open', 'my'].entries()) {
    const path = `admin/sessions/${list}/`
    t.match(cursors[place], /^[\w-]+$/)
    t.equal((await get(path, admin, { cursor: cursors[place] })).body.data.length, 1)
    const wrong = [cursors[1 - place], 'x', 'LTE', Buffer.from('1.2.3.4').toString('base64url'), 'x'.repeat(201), '\0']
    for (const cursor of wrong) {
      const { status, body } = await get(path, admin, { cursor })
      t.equal(status, 400, `${list} ${JSON.stringify(cursor)}`)
      t.equal(body.errors[0].field, 'cursor')
    }
    for (const limit of [0, 201, 'x', '']) t.equal((await get(path, admin, { limit })).status, 400)
  }
})

/** So many new sessions that an admin holds, oldest first. */
async function holdSessions(chat: ChatClient, admin: { token: string }, count: number) {
  const held: { id: number; store: { id: number; token: string } }[] = []
  for (let place = 0; place < count; place++) {
    const { store, sessionId } = await openConversation(chat)
    await chat.post('admin/session/claim/', admin, { session_id: sessionId })
    held.push({ id: sessionId, store })
  }
  return held
}
