import t from 'tap'
import type { Message } from '../../../src/client/index.js'
import { until, within } from '../../../harness/until.js'
import { watchAdmin, watchStore } from '../support/connect.js'
import { startScriptedServer } from '../support/scripted-server.js'
import { scriptMessage, scriptSession } from '../support/scripted-session.js'

const account = { token: 'a token' }
const session = scriptSession(7)
const ready = { session: { ...session, seq: 3 }, resume: true, epoch: 'one' }
const message = (id: number, more: Partial<Message> = {}) => scriptMessage(7, id, more)
const tooMany = { code: 'too_many', message: 'Too many messages' }
const refuse = (status: number, headers = {}) =>
  Response.json({ success: false, message: 'Not now' }, { status, headers })

t.test('a message that was too many is sent again, as often as it takes, and those after it wait', async (t) => {
  const server = await startScriptedServer(t, ready)
  const store = watchStore(t, server, account)
  const sends = ['one', 'two'].map((content) => store.client.send({ content, client_message_id: content }))
  for (let count = 1; count <= 3; count++) {
    await until(() => server.received.length === count, 5000)
    server.say('error', { ...tooMany, type: 'message', client_message_id: 'one' })
  }
  await until(() => server.received.length === 4, 5000)
  const own = { sender_type: 'store' as const, sender_id: 1 }
  server.say('message', { message: message(10, { ...own, client_message_id: 'one' }), seq: 4 })
  await until(() => server.received.length === 5, 5000)
  server.say('message', { message: message(11, { ...own, client_message_id: 'two' }), seq: 5 })
  t.match(await Promise.all(sends), [{ id: 10 }, { id: 11 }])
  t.same(
    server.received.map(({ payload }) => payload['content']),
    ['one', 'one', 'one', 'one', 'two'],
  )
  t.same(store.told.error, [])
})

t.test('an error of a code that is not known rejects the message', async (t) => {
  const server = await startScriptedServer(t, ready)
  const store = watchStore(t, server, account)
  const send = store.client.send({ content: 'odd', client_message_id: 'odd' }).catch((error: unknown) => error)
  await until(() => server.received.length === 1, 5000)
  server.say('error', { code: 'teapot', message: 'Odd', type: 'message', client_message_id: 'odd' })
  t.match(await send, { name: 'ChatError', status: 500, code: 'teapot', message: 'Odd' })
})

t.test('an error that names no message refuses the one that is pending, and the next one is sent', async (t) => {
  const server = await startScriptedServer(t, ready)
  const store = watchStore(t, server, account)
  const [odd, after] = ['odd', 'next'].map((id) =>
    store.client.send({ content: id, client_message_id: id }).catch((error: unknown) => error),
  )
  await until(() => server.received.length === 1, 5000)
  server.say('error', { code: 'invalid_input', message: 'Odd', type: 'typing' })
  server.say('error', { code: 'invalid_input', message: 'Odd', type: 'message', client_message_id: 'unknown' })
  server.say('error', { code: 'invalid_input', message: 'Bad id', type: 'message' })
  t.match(await within(5000, Promise.resolve(odd)), {
    name: 'ChatError',
    status: 400,
    code: 'invalid_input',
    message: 'Bad id',
  })
  await until(() => server.received.length === 2, 5000)
  const next = { sender_type: 'store' as const, sender_id: 1, client_message_id: 'next' }
  server.say('message', { message: message(11, next), seq: 4 })
  t.match(await after, { id: 11 })
})

t.test(
  'of several pending messages, an error without an id refuses that of its session, and guesses none',
  async (t) => {
    const server = await startScriptedServer(t, { ...ready, session: null })
    const admin = watchAdmin(t, server, account)
    const outcomes = [7, 8, 9].map((session_id) =>
      admin.client
        .send({ session_id, content: 'x', client_message_id: `${session_id}` })
        .catch((error: unknown) => error),
    )
    await until(() => server.received.length === 3, 5000)
    server.say('error', { code: 'invalid_input', message: 'One of them', type: 'message' })
    server.say('error', { code: 'invalid_input', message: 'In 8', type: 'message', session_id: 8 })
    t.match(await within(5000, Promise.resolve(outcomes[1])), { message: 'In 8' })
    for (const id of [7, 9]) {
      const own = { sender_type: 'admin' as const, client_message_id: `${id}` }
      server.say('message', { message: scriptMessage(id, id, own), seq: 3 })
    }
    t.match(await Promise.all(outcomes), [{ id: 7 }, { name: 'ChatError' }, { id: 9 }])
  },
)

/** An admin whose sessions 7, 8 and 9 were asked for after a reconnect. */
async function connectAdmin(t: Parameters<typeof watchAdmin>[0]) {
  const server = await startScriptedServer(t, { ...ready, session: null })
  const admin = watchAdmin(t, server, account)
  await admin.reaches('online')
  const ids = [7, 8, 9]
  for (const id of ids) server.say('session_update', { session: scriptSession(id), seq: 2 })
  await until(() => admin.told.session.length === ids.length, 5000)
  server.end(1011)
  await until(() => server.received.length === 1, 5000, 'it asks')
  t.same(server.received[0]?.payload, { sessions: { 7: 2, 8: 2, 9: 2 }, epoch: 'one' })
  const sync = (id: number) =>
    server.say('sync', { session: scriptSession(id), messages: [scriptMessage(id, id)], seq: 3, complete: true })
  return { server, admin, sync }
}

t.test('of a resume only the sessions that were refused for now are asked for again', async (t) => {
  const { server, admin, sync } = await connectAdmin(t)
  sync(7)
  server.say('error', { ...tooMany, type: 'resume', session_id: 8 })
  server.say('error', { ...tooMany, type: 'resume', session_id: 9 })
  await until(() => server.received.length === 2, 5000, 'it asks again')
  t.same(server.received[1]?.payload, { sessions: { 8: 2, 9: 2 }, epoch: 'one' })
  sync(8)
  sync(9)
  await until(() => admin.contents().length === 3, 5000)
})

t.test('the session that is not found is the one that the error names', async (t) => {
  const { server, admin, sync } = await connectAdmin(t)
  server.say('error', { code: 'not_found', message: 'Session 9 not found', type: 'resume', session_id: 9 })
  sync(7)
  sync(8)
  await until(() => admin.contents().length === 2, 5000)
  t.same(admin.contents(), ['message 7', 'message 8'])
  t.same(admin.told.gone, [{ session_id: 9 }])
})

t.test('an error that answers another frame touches no resume', async (t) => {
  const { server, admin, sync } = await connectAdmin(t)
  for (const type of ['typing', 'read', 'ping', 'message']) {
    server.say('error', { code: 'not_found', message: 'Session not found', type })
  }
  for (const id of [7, 8, 9]) sync(id)
  await until(() => admin.contents().length === 3, 5000)
  t.same(admin.told.gone, [])
  t.equal(server.received.length, 1)
})

t.test('a whole resume that was refused for now is asked again', async (t) => {
  const { server } = await connectAdmin(t)
  server.say('error', { ...tooMany, type: 'resume' })
  await until(() => server.received.length === 2, 5000, 'it asks again')
  t.same(server.received[1]?.payload, server.received[0]?.payload)
})

t.test('pages of the history that were too many are read later', async (t) => {
  const server = await startScriptedServer(t, ready)
  const answers = [
    refuse(429, { 'retry-after': '0' }),
    refuse(503),
    Response.json({ data: [message(11)], has_more: false }),
  ]
  const store = watchStore(t, server, account, { fetch: async () => answers.shift() ?? refuse(500) })
  await store.reaches('online')
  server.say('message', { message: message(11), seq: 6 })
  await until(() => server.received.length === 1, 5000, 'it asks')
  server.say('sync', { session, messages: [message(10)], seq: 6, complete: false })
  await until(() => store.contents().length === 2, 5000)
  t.same(store.contents(), ['message 10', 'message 11'])
})

t.test('what is read is marked later when that was too much, on the same connection', async (t) => {
  const server = await startScriptedServer(t, ready)
  const answers = [refuse(429), refuse(503), Response.json({ status: 'ok' })]
  const store = watchStore(t, server, account, { fetch: async () => answers.shift() ?? refuse(500) })
  await store.reaches('online')
  store.client.read()
  await until(() => answers.length === 0, 5000, 'it is marked')
  t.same([store.told.error, store.told.state], [[], ['online']])
})

t.test('a call that was too many says when it may be repeated', async (t) => {
  const server = await startScriptedServer(t, ready)
  const inAMinute = new Date(Date.now() + 60_000).toUTCString()
  const values = ['7', inAMinute, 'soon', undefined, '999999999']
  const found: (number | undefined)[] = []
  for (const value of values) {
    const store = watchStore(t, server, account, {
      fetch: async () => refuse(429, value === undefined ? {} : { 'retry-after': value }),
    })
    const error = await store.client.history().catch((error: unknown) => error)
    t.match(error, { status: 429, code: 'too_many', message: 'Not now' })
    found.push((error as { retryAfterMs?: number }).retryAfterMs)
  }
  const [seconds, date, ...others] = found
  t.equal(seconds, 7000)
  t.ok(date !== undefined && date > 30_000 && date <= 60_000, `${date}`)
  t.same(others, [undefined, undefined, 3_600_000])
})

t.test('after too many frames the client stays away for a while', async (t) => {
  const server = await startScriptedServer(t, ready)
  const store = watchStore(t, server, account, { random: () => 0, timing: { tooManyMs: 300, longestRetryMs: 1000 } })
  await store.reaches('online')
  const endedAt = Date.now()
  server.end(4029)
  await until(() => store.told.state.length === 3, 5000, 'online again')
  // A timer may be early by a fraction of a millisecond.
  const awayMs = Date.now() - endedAt
  t.ok(awayMs >= 290, `${awayMs} ms`)
})

t.test('a socket that ends because the protocol was broken is replaced, whatever the code', async (t) => {
  const server = await startScriptedServer(t, ready)
  const store = watchStore(t, server, account)
  await store.reaches('online')
  const expected = ['online']
  for (const code of [1002, 1007, 1008, 1009]) {
    server.end(code)
    expected.push('offline', 'online')
    await until(() => store.told.state.length === expected.length, 5000, `online after ${code}`)
  }
  t.same([store.told.state, store.told.error], [expected, []])
})
