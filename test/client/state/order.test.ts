import t from 'tap'
import type { Message } from '../../../src/client/index.js'
import { until } from '../../../harness/until.js'
import { watchStore } from '../support/connect.js'
import { startScriptedServer } from '../support/scripted-server.js'
import { scriptMessage, scriptSession } from '../support/scripted-session.js'

const session = scriptSession(7)
const ready = { session: { ...session, seq: 3 }, resume: true }
const message = (id: number, more: Partial<Message> = {}) => scriptMessage(7, id, more)
const account = { token: 'a token' }

t.test('a hole is asked for before what comes after it is told', async (t) => {
  const server = await startScriptedServer(t, ready)
  const store = watchStore(t, server, account)
  await store.reaches('online')
  server.say('message', { message: message(10), seq: 4 })
  server.say('message', { message: message(12), seq: 6 })
  await until(() => server.received.length > 0, 5000, 'it asks')
  t.same(server.received, [{ type: 'resume', payload: { sessions: { 7: 4 } } }])
  server.say('message', { message: message(13), seq: 7 })
  server.say('sync', { session, messages: [message(11), message(12)], seq: 6, complete: true })
  server.say('message', { message: message(14), seq: 8 })
  await until(() => store.contents().includes('message 14'), 5000)
  t.same(
    store.contents(),
    [10, 11, 12, 13, 14].map((id) => `message ${id}`),
  )
})

t.test('what was told before is not told again', async (t) => {
  const server = await startScriptedServer(t, ready)
  const store = watchStore(t, server, account)
  await store.reaches('online')
  server.say('session_update', { session: { ...session, status: 'claimed', admin_id: 2 }, seq: 4 })
  for (let round = 0; round < 2; round++) {
    server.say('message', { message: message(10), seq: 5 })
    server.say('session_update', { session: { ...session, status: 'claimed', admin_id: 2 }, seq: 4 })
    server.say('sync', { session, messages: [message(10)], seq: 5, complete: true })
  }
  server.say('message', { message: message(11), seq: 6 })
  await until(() => store.contents().includes('message 11'), 5000)
  t.same(store.contents(), ['message 10', 'message 11'])
  t.same(
    store.told.session.map(({ status }) => status),
    ['open', 'claimed'],
  )
})

t.test('a resume that is refused for now is asked again', async (t) => {
  const server = await startScriptedServer(t, ready)
  const store = watchStore(t, server, account)
  await store.reaches('online')
  server.say('message', { message: message(12), seq: 6 })
  await until(() => server.received.length === 1, 5000, 'it asks')
  server.say('error', { code: 'unavailable', message: 'Not now' })
  await until(() => server.received.length === 2, 5000, 'it asks again')
  server.say('sync', { session, messages: [message(11), message(12)], seq: 6, complete: true })
  await until(() => store.contents().length === 2, 5000)
  t.same(store.contents(), ['message 11', 'message 12'])
})

t.test('a message that is refused for now is sent again, and those after it wait', async (t) => {
  const server = await startScriptedServer(t, ready)
  const store = watchStore(t, server, account)
  const sends = ['one', 'two'].map((content) => store.client.send({ content, client_message_id: content }))
  await until(() => server.received.length === 1, 5000)
  server.say('error', { code: 'unavailable', message: 'Not now', client_message_id: 'one' })
  await until(() => server.received.length === 2, 5000)
  const own = { sender_type: 'store' as const, sender_id: 1 }
  server.say('message', { message: message(10, { ...own, client_message_id: 'one' }), seq: 4 })
  await until(() => server.received.length === 3, 5000)
  server.say('message', { message: message(11, { ...own, client_message_id: 'two' }), seq: 5 })
  t.match(await Promise.all(sends), [{ id: 10 }, { id: 11 }])
  t.same(
    server.received.map(({ payload }) => payload['content']),
    ['one', 'one', 'two'],
  )
})

t.test("the other side's client_message_id acknowledges nothing", async (t) => {
  const server = await startScriptedServer(t, ready)
  const store = watchStore(t, server, account)
  const send = store.client.send({ content: 'mine', client_message_id: '1' })
  await until(() => server.received.length === 1, 5000)
  server.say('message', { message: message(10, { client_message_id: '1' }), seq: 4 })
  server.say('message', { message: message(11, { sender_type: 'store', client_message_id: '1' }), seq: 5 })
  t.match(await send, { id: 11, sender_type: 'store' })
})

for (const code of [1011, 4008, 4029]) {
  t.test(`${code} is followed by another try, later and later`, async (t) => {
    const server = await startScriptedServer(t, ready)
    const pauses: number[] = []
    const random = () => {
      pauses.push(Date.now())
      return 1
    }
    const store = watchStore(t, server, account, { random, timing: { retryMs: 20 } })
    for (let round = 0; round < 4; round++) {
      await store.reaches('online')
      server.end(code)
      await store.reaches('offline')
    }
    const gaps = pauses.slice(1).map((at, place) => at - (pauses[place] ?? 0))
    t.ok((gaps[0] ?? 0) >= 20 && (gaps[2] ?? 0) >= 80, gaps.join())
  })
}
