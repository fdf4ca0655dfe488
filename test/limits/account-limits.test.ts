import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { addAdmin, addStore } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import type { Answer } from '../support/clients/client.js'
import { claimConversation } from '../support/chat/conversations.js'
import { createDatabase, type TestDatabase } from '../support/databases/database.js'
import { startNode } from '../support/nodes/node.js'
import { enter, refuseSocket } from '../support/clients/socket-client.js'

const off = { perSecond: 0, burst: 0 }
const database = await createDatabase(t)
const start = async (limits: object) =>
  createChatClient(
    await startNode(t, {
      database,
      config: { limits: { requests: off, messages: off, failedAuthPerMinute: 0, ...limits } },
    }),
  )
const countMessages = async ({ query }: TestDatabase, storeId: number) => {
  const rows = await query(
    'select m.id from chat_message m join chat_session s on s.id = session_id where store_id = $1',
    [storeId],
  )
  return rows.length
}
/** Repeats a request until one is refused. Returns the refusal and the number of accepted requests. */
async function untilRefused(act: () => Promise<Answer>): Promise<{ refused: Answer; count: number }> {
  for (let count = 0; count < 500; count++) {
    const answer = await act()
    if (answer.status === 429) return { refused: answer, count }
  }
  throw new Error('Nothing was refused')
}

t.test('an account has its burst of requests, then 429 until the time that Retry-After names', async (t) => {
  const { get } = await start({ requests: { perSecond: 0.5, burst: 5 } })
  const [store, other] = [await addStore(database), await addStore(database)]
  const { refused, count } = await untilRefused(() => get('store/session/', store))
  t.ok(count >= 5 && count < 10, `${count} passed`)
  t.same(refused.body, { success: false, message: 'Too many requests for this account' })
  const retryAfter = refused.headers['retry-after'] ?? ''
  t.match(retryAfter, /^[12]$/)
  t.equal((await get('store/session/', other)).status, 200, 'another account has its own')
  await delay(Number(retryAfter) * 1000)
  t.equal((await get('store/session/', store)).status, 200)
})

t.test('all tokens and routes of an account count together, and opening a socket is a request', async (t) => {
  const { node, get, post } = await start({ requests: { perSecond: 0.01, burst: 4 } })
  const admin = await addAdmin(database)
  t.equal((await get('admin/sessions/my/', admin)).status, 200)
  t.equal((await get('admin/sessions/open/', admin)).status, 200)
  t.equal((await post('admin/close/', admin, {})).status, 400)
  await enter(t, node, 'admin', admin)
  const { status, headers } = await refuseSocket(node, 'admin', admin)
  t.equal(status, 429)
  t.match(headers['retry-after'], /^(9[5-9]|100)$/)
})

t.test('messages over HTTP and over all sockets of an account count together', async (t) => {
  const { node, post } = await start({ messages: { perSecond: 0.01, burst: 6 } })
  const store = await addStore(database)
  const sockets = [await enter(t, node, 'store', store), await enter(t, node, 'store', store)] as const
  for (const socket of sockets) {
    for (const part of [1, 2]) socket.send('message', { content: `part ${part}` })
  }
  for (let count = 0; count < 4; count++) await sockets[0].next('message')
  for (let count = 0; count < 2; count++) {
    t.equal((await post('store/message/', store, { content: 'over HTTP' })).status, 200)
  }
  const refused = await post('store/message/', store, { content: 'too many' })
  t.equal(refused.status, 429)
  t.match(refused.body, { success: false, message: 'Too many messages for this account' })
  for (const [index, socket] of sockets.entries()) {
    socket.send('message', { content: 'too many', client_message_id: `refused ${index}` })
    t.match(await socket.next('error'), { code: 'too_many', client_message_id: `refused ${index}` })
    socket.send('ping')
    await socket.next('pong')
  }
  t.equal(await countMessages(database, store.id), 6, 'nothing that was refused is stored')
})

t.test(
  'of messages that come together those that may be sent are, in their order, and the last are refused',
  async (t) => {
    const { node } = await start({ messages: { perSecond: 0.01, burst: 5 } })
    const store = await addStore(database)
    const socket = await enter(t, node, 'store', store)
    for (let place = 0; place < 8; place++) {
      socket.send('message', { content: `${place}`, client_message_id: `${place}` })
    }
    for (const place of [5, 6, 7])
      t.match(await socket.next('error'), { code: 'too_many', client_message_id: `${place}` })
    const stored = await database.query<{ content: string }>(
      'select content from chat_message m join chat_session s on s.id = session_id where store_id = $1 order by m.id',
      [store.id],
    )
    t.same(
      stored.map(({ content }) => content),
      ['0', '1', '2', '3', '4'],
    )
  },
)

t.test('a repeat counts, and what was refused is stored once when it is sent again', async (t) => {
  const { node } = await start({ messages: { perSecond: 2, burst: 2 } })
  const store = await addStore(database)
  const socket = await enter(t, node, 'store', store)
  for (const id of ['a', 'a', 'b']) socket.send('message', { content: id, client_message_id: id })
  const error = await socket.next('error')
  t.match(error, { code: 'too_many', client_message_id: 'b' })
  for (let attempt = 0; socket.all('message').every(({ message }) => message.client_message_id !== 'b'); attempt++) {
    socket.send('message', { content: 'b', client_message_id: 'b' })
    await socket.next(attempt > 20 ? 'never' : 'pong', undefined, 100).catch(() => undefined)
  }
  t.equal(await countMessages(database, store.id), 2)
})

t.test('an admin is limited in the same way', async (t) => {
  const chat = await start({ messages: { perSecond: 0.01, burst: 3 } })
  const { admin, sessionId } = await claimConversation(chat)
  const { count } = await untilRefused(() =>
    chat.post('admin/message/', admin, { session_id: sessionId, content: 'hello' }),
  )
  t.equal(count, 3)
})

t.test('0 switches each limit off', async (t) => {
  const { node, post } = await start({})
  const store = await addStore(database)
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, place) => post('store/message/', store, { content: `${place}` })),
  )
  t.ok(answers.every(({ status }) => status === 200))
  for (let count = 0; count < 50; count++)
    t.equal((await node.get('/v1/chat/store/session/', { token: 'x' })).status, 401)
  t.equal(node.app.limits.size(), 0)
})

t.test('the refusal of a large message names it, and its socket is read again after a rest', async (t) => {
  const { node } = await start({ requests: { perSecond: 0.01, burst: 3 } })
  const socket = await enter(t, node, 'store', await addStore(database))
  const large = 'x'.repeat(9000)
  const ids = ['known', 'with "quotes" and \u{1F600}', '"client_message_id":"escaped"']
  for (const id of ['a', 'b']) socket.send('message', { content: large, client_message_id: id })
  for (const id of ['a', 'b']) t.match((await socket.next('message')).message, { client_message_id: id })
  let refusedAt = 0
  for (const id of ids) {
    refusedAt = performance.now()
    socket.send('message', { content: `"client_message_id":"false" ${large}`, client_message_id: id })
    t.match(await socket.next('error'), { code: 'too_many', type: 'message', client_message_id: id })
  }
  socket.send('ping')
  await socket.next('pong')
  t.ok(performance.now() - refusedAt > 200, 'what comes after it waits')
})

t.test('a large frame counts by its bytes and by its values, as parsing it takes time', async (t) => {
  const { node } = await start({ requests: { perSecond: 0.01, burst: 60 } })
  /** How many frames are handled before the first that is refused because of the limit. */
  const countHandled = async (frame: object) => {
    const socket = await enter(t, node, 'store', await addStore(database))
    for (let place = 0; place < 20; place++) socket.send('resume', frame)
    for (let handled = 0; ; handled++) {
      const { code } = await socket.next('error')
      if (code === 'too_many') return handled
    }
  }
  const entries = Object.fromEntries(Array.from({ length: 5000 }, (_, place) => [`x${place}`, 1]))
  t.equal(await countHandled({ sessions: entries }), 1, 'of 5 requests by its 47 KB, and of 39 by its entries')
  t.equal(await countHandled({ sessions: 'text, with commas '.repeat(2800) }), 3, 'of 6 and of 10')
})
