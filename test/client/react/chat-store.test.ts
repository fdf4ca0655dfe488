import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import type { Message } from '../../../src/client/index.js'
import { createChatStore } from '../../../src/client/react/chat-store.js'
import { markMessages, mergeMessages, replaceSession } from '../../../src/client/react/message-list.js'
import { until } from '../../../harness/until.js'
import { startScriptedServer } from '../support/scripted-server.js'
import { scriptMessage, scriptSession } from '../support/scripted-session.js'

const session = scriptSession(7)
const ready = { session: { ...session, seq: 3 }, resume: true, epoch: 'one' }
const message = (id: number, more: Partial<Message> = {}) => scriptMessage(7, id, more)

async function openStore(t: Test, history: Message[] = []) {
  const server = await startScriptedServer(t, ready)
  const store = createChatStore()
  const close = store.connect({
    origin: server.origin,
    token: 'a token',
    WebSocket,
    fetch: async () => Response.json({ data: history, has_more: true }),
  })
  t.teardown(close)
  await until(() => store.getSnapshot().state === 'online', 5000)
  await until(() => store.getSnapshot().messages.length === history.length, 5000)
  return { server, store, close, now: store.getSnapshot }
}

t.test('messages are kept by id in order, and a status only grows', async (t) => {
  const known = [message(1, { status: 'read' }), message(3)]
  t.match(mergeMessages(known, [message(2), message(1, { status: 'sent' })]), [
    { id: 1, status: 'read' },
    { id: 2 },
    { id: 3 },
  ])
  const change = { session_id: 7, status: 'delivered', up_to_message_id: 3, by: 'store' } as const
  t.match(markMessages(known, change), [{ status: 'read' }, { status: 'delivered' }])
  t.match(markMessages(known, { ...change, by: 'admin' }), [{ status: 'read' }, { status: 'sent' }])
})

t.test('after a reset a session has the messages of the reset alone', async (t) => {
  const other = scriptMessage(8, 9)
  t.match(replaceSession([message(1), message(2), other], 7, [message(2, { content: 'new' })]), [
    { content: 'new' },
    { id: 9 },
  ])
  t.equal(replaceSession([message(1), other], 7, [message(9)]).length, 1, 'an id was given again')
})

t.test('a snapshot is another object when something has changed, and only then', async (t) => {
  const { server, store, now } = await openStore(t, [message(1)])
  const before = now()
  t.equal(now(), before)
  t.match(before, { hasOlder: true, unread: 1, session: { id: 7 } })
  let calls = 0
  const stop = store.subscribe(() => calls++)
  server.say('message', { message: message(2), seq: 4 })
  await until(() => now().messages.length === 2, 5000)
  t.ok(calls > 0)
  t.not(now(), before)
  stop()
  store.actions.read()
  t.equal(now().unread, 0)
})

t.test('a message is pending until it is stored, and a refused one until it is discarded', async (t) => {
  const { server, store, now } = await openStore(t)
  store.actions.send({ content: 'good', client_message_id: 'a' })
  store.actions.send({ content: 'bad', client_message_id: 'b' })
  t.match(now().pending, [{ content: 'good' }, { content: 'bad' }])
  await until(() => server.received.length === 1, 5000)
  server.say('message', { message: message(1, { sender_type: 'store', client_message_id: 'a' }), seq: 4 })
  await until(() => server.received.length === 2, 5000)
  server.say('error', { code: 'forbidden', message: 'No', type: 'message', client_message_id: 'b' })
  await until(() => now().pending[0]?.error, 5000)
  t.match(now(), { messages: [{ id: 1 }], pending: [{ content: 'bad', error: { code: 'forbidden' } }] })
  store.actions.discard('b')
  t.same(now().pending, [])
})

t.test('a session that is gone takes its messages along', async (t) => {
  const { server, now } = await openStore(t, [message(1)])
  server.say('message', { message: message(3), seq: 6 })
  await until(() => server.received.length === 1, 5000, 'it asks for what is between')
  server.say('error', { code: 'not_found', message: 'Not found', type: 'resume', session_id: 7 })
  await until(() => now().session === undefined, 5000)
  t.match(now(), { messages: [], hasOlder: false, unread: 0 })
})

t.test('what is connected anew begins empty, and what was closed does nothing more', async (t) => {
  const { server, store, close, now } = await openStore(t, [message(1)])
  close()
  store.actions.send({ content: 'to nobody' })
  store.actions.typing(true)
  store.actions.closeSession()
  t.same([now().pending, now().state], [[], 'closed'])
  const again = store.connect({ origin: server.origin, token: 'another', WebSocket })
  t.match(now(), { state: 'connecting', messages: [], session: undefined })
  again()
})
