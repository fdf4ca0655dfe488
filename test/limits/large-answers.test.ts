import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { RequestError } from '../../src/errors/request-error.js'
import { createAccountWork, MAX_CONCURRENT } from '../../src/limits/account-work.js'
import { createLargeAnswers } from '../../src/limits/large-answers.js'
import { TextParts, TextStream } from '../../src/limits/text-stream.js'
import { addStore, type TestAccount } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { openConversation } from '../support/chat/conversations.js'
import { startNode } from '../support/nodes/node.js'
import { addMessages } from '../support/chat/sessions.js'
import { until, within } from '../../harness/until.js'

const MB = 1024 * 1024
const off = { perSecond: 0, burst: 0 }
const node = await startNode(t, {
  config: { limits: { requests: off, messages: off, failedAuthPerMinute: 0 }, sessionCacheMb: 0 },
})
const chat = createChatClient(node)
const { app, database } = node
/** JSON escapes each character as six. */
const largest = String.fromCharCode(1).repeat(10_000)

async function openLargeSession(content = largest, count = 200) {
  const conversation = await openConversation(chat)
  await addMessages(
    database,
    conversation.sessionId,
    Array.from({ length: count }, () => ({ content })),
  )
  return conversation
}

/** Sends a request and does not read the answer. */
async function askAndStall(t: Test, { token }: TestAccount, path = '/v1/chat/store/session/'): Promise<Socket> {
  const socket = connect(Number(new URL(node.origin).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.on('error', () => undefined)
  socket.pause()
  await once(socket, 'connect')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Token ${token}\r\n\r\n`)
  return socket
}

t.test('a text in pieces is the same text, wherever its characters lie', async (t) => {
  for (const text of ['', 'a', 'é👋世', `${'x'.repeat(65_535)}👋${'y'.repeat(70_000)}`, '👋'.repeat(100_000)]) {
    t.equal(await readText(new TextStream(text)), text, `${text.length} characters`)
    const parts = new TextParts([Buffer.from(text), Buffer.from(''), Buffer.from('end')])
    t.equal(await readText(new TextStream(parts)), `${text}end`, 'encoded in parts before')
  }
})

t.test('a large answer comes whole, with its length, on a connection that stays', async (t) => {
  const content = '👋\u0001é'.repeat(3000)
  const { store, sessionId } = await openLargeSession(content)
  for (const path of ['store/session/', 'store/messages/?limit=200', 'store/session/']) {
    const { status, headers, text, body } = await node.get(`/v1/chat/${path}`, store)
    t.equal(status, 200)
    t.equal(Number(headers['content-length']), Buffer.byteLength(text))
    const messages = (body.messages ?? body.data) as { content: string; session_id: number }[]
    t.equal(messages.length, 200)
    t.ok(messages.every((message) => message.content === content && message.session_id === sessionId))
  }
  await until(() => app.accountWork.size() === 0 && app.accountWork.unreadBytes() === 0, 5000, 'nothing is left')
})

t.test(
  'of 60 connections that do not read, few answers wait; others are served; the connections are cut',
  async (t) => {
    const { store } = await openLargeSession()
    const other = await addStore(database)
    const connections = await Promise.all(Array.from({ length: 60 }, () => askAndStall(t, store)))
    const closes = connections.map((socket) => once(socket, 'close'))
    await until(() => app.accountWork.unreadBytes() >= 12 * MB, 20_000, 'answers wait')
    await until(async () => (await node.get('/v1/chat/store/session/', store)).status === 429, 20_000)
    t.equal((await node.get('/v1/chat/store/session/', other)).status, 200)
    // The limit, plus two answers that had started before it was reached.
    t.ok(app.accountWork.unreadBytes() < (12 + 2 * 13) * MB, `${app.accountWork.unreadBytes()} bytes`)
    await until(() => app.accountWork.unreadBytes() === 0, 30_000, 'those that do not read are cut')
    for (const socket of connections) socket.resume()
    await within(10_000, Promise.all(closes.filter((_, index) => !connections[index]?.closed).slice(0, 1)))
    t.equal((await node.get('/v1/chat/store/session/', store)).status, 200, 'the account goes on')
    await until(() => app.accountWork.size() === 0, 5000)
  },
)

t.test('a client that goes away in the middle of an answer leaves nothing behind', async (t) => {
  const { store } = await openLargeSession()
  const connections = await Promise.all(Array.from({ length: 10 }, () => askAndStall(t, store)))
  await until(() => app.accountWork.unreadBytes() > 0, 20_000)
  for (const socket of connections) socket.destroy()
  await until(() => app.accountWork.unreadBytes() === 0 && app.accountWork.size() === 0, 20_000)
})

t.test('a slow reader is not cut as long as it reads', async (t) => {
  const work = createAccountWork()
  const answers = createLargeAnswers(work, 300)
  const server = Fastify()
  t.teardown(() => server.close())
  t.teardown(() => answers.close())
  const text = 'x'.repeat(16 * MB)
  server.get('/', (_request, reply) => reply.send(answers.send(reply, new TextStream(text), 'a')))
  const origin = await server.listen({ host: '127.0.0.1', port: 0 })
  const open = async () => {
    const socket = connect(Number(new URL(origin).port), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    return socket
  }
  const [slow, stalled] = [await open(), await open()]
  stalled.pause()
  let bytes = 0
  for await (const chunk of slow) {
    const before = Math.floor(bytes / MB)
    bytes += (chunk as Buffer).length
    if (Math.floor(bytes / MB) > before) await delay(100)
  }
  t.ok(bytes > text.length, `${bytes} bytes have come`)
  await until(() => work.unreadBytes() === 0, 10_000, 'the other one is cut')
  t.equal(work.size(), 0)
})

t.test('requests of an account beyond a few wait for their turn, and all are answered', async (t) => {
  const { store, sessionId } = await openConversation(chat)
  const answers = await Promise.all(Array.from({ length: 200 }, () => chat.get('store/session/', store)))
  t.ok(answers.every(({ status, body }) => status === 200 && body.id === sessionId))
  const missing = await Promise.all(
    Array.from({ length: 50 }, () => chat.get('store/messages/', store, { session_id: 1e9 })),
  )
  t.ok(missing.every(({ status }) => status === 404))
  await until(() => app.accountWork.size() === 0, 5000)
})

t.test('work of one account is bounded, at once and waiting; another account has its own', async (t) => {
  const work = createAccountWork()
  for (let count = 0; count < MAX_CONCURRENT; count++) await work.begin('a')
  const begun: number[] = []
  const waiting = Array.from({ length: 1000 }, async (_, place) => {
    await work.begin('a')
    begun.push(place)
  })
  t.throws(() => work.begin('a'), new RequestError(429, 'Too many requests of this account at once'))
  await work.begin('b')
  t.same(begun, [])
  work.end('a')
  await waiting[0]
  t.same(begun, [0])
  for (let count = 0; count < 1000 + MAX_CONCURRENT - 1; count++) work.end('a')
  await Promise.all(waiting)
  t.same(
    begun,
    begun.map((_, place) => place),
    'in their order',
  )
  work.end('b')
  t.equal(work.size(), 0)
})

t.test('after a long request, the next one that waits begins after a rest; a new one does not rest', async (t) => {
  const work = createAccountWork()
  for (let count = 0; count < MAX_CONCURRENT; count++) await work.begin('a')
  let hasBegun = false
  const next = Promise.resolve(work.begin('a')).then(() => (hasBegun = true))
  work.end('a', 20)
  await new Promise(setImmediate)
  t.notOk(hasBegun)
  await next
  for (let count = 0; count < MAX_CONCURRENT; count++) work.end('a', 20)
  t.equal(work.size(), 0, 'nobody waits: no rest')
})

t.test('when answers of very many accounts wait, the node says so to them, and serves the others: 503', async (t) => {
  const work = createAccountWork()
  const forgets = Array.from({ length: 16 }, (_, account) => work.countUnread(`${account}`, 16 * MB))
  t.throws(() => work.begin('0'), new RequestError(503, 'Too many answers wait to be read'))
  await work.begin('a')
  work.end('a')
  for (const forget of forgets) forget()
  await work.begin('0')
  work.end('0')
  t.equal(work.size(), 0)
})
