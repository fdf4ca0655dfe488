import t, { type Test } from 'tap'
import type { Message, ServerFrames } from '../../../src/client/index.js'
import { until } from '../../../harness/until.js'
import { watchAdmin, watchStore, type Watched } from '../support/connect.js'
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.js'
import { scriptMessage, scriptSession } from '../support/scripted-session.js'

const account = { token: 'a token' }
const session = scriptSession(7)
const message = (id: number, more: Partial<Message> = {}) => scriptMessage(7, id, more)
const ready = (more: Partial<ServerFrames['ready']> = {}): ServerFrames['ready'] => ({
  session: { ...session, seq: 3 },
  resume: true,
  epoch: 'one',
  ...more,
})
const reset = (messages: Message[], seq: number, more: Partial<ServerFrames['sync']> = {}): ServerFrames['sync'] => ({
  session,
  messages,
  seq,
  complete: true,
  reset: true,
  ...more,
})
const resumesOf = ({ received }: ScriptedServer) => received.filter(({ type }) => type === 'resume')

/** A store at the newest seq, 5, with the messages 10 and 11. */
async function connectStore(t: Test, options?: Parameters<typeof watchStore>[3]) {
  const server = await startScriptedServer(t, ready())
  const store = watchStore(t, server, account, options)
  await store.reaches('online')
  server.say('message', { message: message(10), seq: 4 })
  server.say('message', { message: message(11), seq: 5 })
  await until(() => store.contents().length === 2, 5000)
  return { server, store }
}

async function reconnect(server: ScriptedServer, { told }: Pick<Watched<unknown>, 'told'>) {
  const count = () => told.state.filter((state) => state === 'online').length
  const before = count()
  server.end(1011)
  await until(() => count() > before, 10_000, 'online again')
}

t.test('a reset on a live socket replaces what was told, and lower seqs and ids are news from then on', async (t) => {
  const { server, store } = await connectStore(t)
  server.say('sync', reset([message(10)], 4))
  server.say('message', { message: message(11, { content: 'another 11' }), seq: 5 })
  await until(() => store.contents().includes('another 11'), 5000)
  t.same(store.told.reset, [{ session, messages: [message(10)], complete: true }])
  t.same(store.contents(), ['message 10', 'message 11', 'another 11'])
  t.same(resumesOf(server), [], 'nothing is missing')
})

t.test('a client that was away says of which history its seqs are', async (t) => {
  const { server, store } = await connectStore(t)
  // Other events have the lost seqs.
  server.begin(ready({ session: { ...session, seq: 5 }, epoch: 'two' }))
  await reconnect(server, store)
  await until(() => resumesOf(server).length === 1, 5000, 'it asks')
  t.same(resumesOf(server)[0]?.payload, { sessions: { 7: 5 }, epoch: 'one' })
  server.say('sync', reset([message(11, { content: 'another 11' })], 5))
  await until(() => store.told.reset.length === 1, 5000)
  await reconnect(server, store)
  server.say('message', { message: message(12), seq: 6 })
  await until(() => store.contents().includes('message 12'), 5000)
  t.equal(resumesOf(server).length, 1, 'the seq is of the present history now')
})

t.test('sessions that were not answered keep the epoch of their seqs', async (t) => {
  const server = await startScriptedServer(t, ready({ session: null }))
  const admin = watchAdmin(t, server, account)
  await admin.reaches('online')
  for (const id of [7, 8]) server.say('session_update', { session: scriptSession(id), seq: 2 })
  await until(() => admin.told.session.length === 2, 5000)
  server.begin(ready({ session: null, epoch: 'two' }))
  await reconnect(server, admin)
  await until(() => resumesOf(server).length === 1, 5000, 'it asks')
  server.say('sync', reset([], 1))
  await until(() => admin.told.reset.length === 1, 5000)
  await reconnect(server, admin)
  await until(() => resumesOf(server).length === 3, 5000, 'it asks again')
  t.same(
    resumesOf(server).map(({ payload }) => payload),
    [
      { sessions: { 7: 2, 8: 2 }, epoch: 'one' },
      { sessions: { 7: 1 }, epoch: 'two' },
      { sessions: { 8: 2 }, epoch: 'one' },
    ],
  )
})

for (const isAnsweredTwice of [false, true]) {
  t.test(
    `a reset answers what was asked before it${isAnsweredTwice ? ', also when a sync follows' : ''}`,
    async (t) => {
      const { server, store } = await connectStore(t)
      server.say('message', { message: message(13), seq: 7 })
      await until(() => resumesOf(server).length === 1, 5000, 'it asks for the hole')
      server.say('sync', reset([message(10)], 4))
      if (isAnsweredTwice) {
        // Up to the current seq: events between are not sent live any more.
        server.say('sync', { session, messages: [], seq: 6, complete: true })
        await until(() => resumesOf(server).length === 2, 5000, 'it asks from where the reset ended')
        t.same(resumesOf(server)[1]?.payload, { sessions: { 7: 4 }, epoch: 'one' })
        const messages = [message(20), message(21)]
        server.say('sync', { session, messages, seq: 6, complete: true })
      } else {
        server.say('message', { message: message(20), seq: 5 })
        server.say('message', { message: message(21), seq: 6 })
      }
      await until(() => store.contents().includes('message 21'), 5000)
      t.same(
        store.contents().slice(2),
        ['message 20', 'message 21'],
        'the event of the lost history that was held back is none',
      )
    },
  )
}

t.test('what was being read of the lost history is dropped', async (t) => {
  let answer: (() => void) | undefined
  const { server, store } = await connectStore(t, {
    fetch: async () => {
      await new Promise<void>((resolve) => (answer = resolve))
      return Response.json({ data: [message(13)], has_more: false })
    },
  })
  server.say('message', { message: message(13), seq: 7 })
  await until(() => resumesOf(server).length === 1, 5000, 'it asks')
  server.say('sync', { session, messages: [message(12)], seq: 7, complete: false })
  await until(() => answer !== undefined, 5000, 'the rest is asked for over HTTP')
  server.say('sync', reset([message(10)], 4))
  await until(() => store.told.reset.length === 1, 5000)
  answer?.()
  server.say('message', { message: message(11, { content: 'another 11' }), seq: 5 })
  await until(() => store.contents().includes('another 11'), 5000)
  t.same(store.contents(), ['message 10', 'message 11', 'message 12', 'another 11'])
})

t.test('a closed session that is open again is followed', async (t) => {
  const { server, store } = await connectStore(t)
  server.say('session_update', { session: { ...session, status: 'closed' }, seq: 6 })
  await until(() => store.told.session.at(-1)?.status === 'closed', 5000)
  server.begin(ready({ session: { ...session, seq: 4 } }))
  await reconnect(server, store)
  await until(() => resumesOf(server).length === 1, 5000, 'it asks')
  server.say('sync', reset([message(10)], 4))
  server.say('message', { message: message(11, { content: 'another 11' }), seq: 5 })
  await until(() => store.contents().includes('another 11'), 5000)
  t.equal(store.told.session.at(-1)?.status, 'open')
})

t.test('a session that has vanished is told of, and not asked for any more', async (t) => {
  const { server, store } = await connectStore(t)
  const older = scriptSession(6, { status: 'claimed' })
  server.begin(ready({ session: { ...older, seq: 9 }, epoch: 'two' }))
  server.end(1001)
  await until(() => store.told.state.includes('draining'), 5000)
  await until(() => resumesOf(server).length > 0, 5000, 'it asks')
  server.say('error', { code: 'not_found', message: 'Session 7 not found', type: 'resume', session_id: 7 })
  await until(() => store.told.gone.length === 1, 5000)
  t.same(store.told.gone, [{ session_id: 7 }])
  const before = resumesOf(server).length
  await reconnect(server, store)
  await until(() => resumesOf(server).length > before, 5000, 'it asks for what the server named')
  for (const { payload } of resumesOf(server).slice(before)) t.notOk('7' in (payload['sessions'] as object))
})

t.test('a message that the lost history did not acknowledge is sent until the new one does', async (t) => {
  const { server, store } = await connectStore(t)
  const send = store.client.send({ content: 'mine', client_message_id: 'mine' })
  await until(() => server.received.length === 1, 5000, 'it is sent')
  const own = { sender_type: 'store' as const, sender_id: 1, client_message_id: 'mine' }
  server.say('sync', reset([message(10, own)], 4))
  t.match(await send, { id: 10 }, 'a reset that holds it acknowledges it')
  const next = store.client.send({ content: 'next', client_message_id: 'next' })
  await until(() => server.received.length === 2, 5000, 'it is sent')
  server.say('sync', reset([message(10, own)], 4))
  await until(() => server.received.length === 3, 5000, 'it is sent again')
  server.say('message', { message: message(11, { ...own, client_message_id: 'next' }), seq: 5 })
  t.match(await next, { id: 11 })
})

t.test('ticks begin anew', async (t) => {
  const { server, store } = await connectStore(t)
  const read = (up_to_message_id: number) =>
    server.say('message_status', { session_id: 7, status: 'read', up_to_message_id, by: 'admin' })
  read(12)
  await until(() => store.told.status.length === 1, 5000)
  server.say('sync', reset([message(10, { sender_type: 'store', status: 'read' })], 4))
  read(10)
  read(11)
  await until(() => store.told.status.length === 2, 5000)
  t.match(store.told.status, [{ up_to_message_id: 12 }, { up_to_message_id: 11 }])
})

t.test('a session that is known over HTTP only is asked for with a seq that it has reached', async (t) => {
  const server = await startScriptedServer(t, ready({ session: null }))
  const listed = { ...session, store: {}, last_message: message(10) }
  const admin = watchAdmin(t, server, account, {
    fetch: async () => Response.json({ data: [listed], count: 1, next_cursor: null }),
  })
  await admin.reaches('online')
  await admin.client.openSessions()
  await reconnect(server, admin)
  await until(() => resumesOf(server).length === 1, 5000, 'it asks')
  t.same(resumesOf(server)[0]?.payload, { sessions: { 7: 0 }, epoch: 'one' })
  server.say('sync', { session, messages: [message(9), message(10), message(11)], seq: 6, complete: true })
  await until(() => admin.contents().length > 0, 5000)
  t.same(admin.contents(), ['message 11'], 'what is known is no news')
})
