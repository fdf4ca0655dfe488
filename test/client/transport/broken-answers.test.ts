import t from 'tap'
import { until } from '../../../harness/until.js'
import { watchAdmin, watchStore } from '../support/connect.js'
import { startScriptedServer } from '../support/scripted-server.js'
import { scriptMessage, scriptSession } from '../support/scripted-session.js'

const account = { token: 'a token' }
const ready = { session: { ...scriptSession(7), seq: 1 }, resume: true, epoch: 'one' }

const noFrames = [
  '<html>',
  '',
  'null',
  '1',
  '[]',
  '{}',
  '{"type":"ready"}',
  '{"type":"ready","payload":null}',
  '{"type":"message"}',
  '{"type":"message","payload":{}}',
  '{"type":"message","payload":{"message":null,"seq":2}}',
  '{"type":"session_update","payload":{"session":null}}',
  '{"type":"sync","payload":{}}',
  '{"type":"sync","payload":{"session":{},"messages":null}}',
  '{"type":"error"}',
  '{"type":"message_status"}',
  '{"type":"typing"}',
  '{"type":"presence","payload":null}',
  '{"type":"session_read"}',
  '{"type":"new_notification","payload":null}',
  '{"type":"note","payload":{}}',
  '{"type":"session_details"}',
]

t.test('what is no frame is an error event, and the client goes on', async (t) => {
  const server = await startScriptedServer(t, ready)
  const store = watchStore(t, server, account)
  store.client.on('note', ({ content }) => t.fail(content))
  await store.reaches('online')
  for (const [index, text] of noFrames.entries()) {
    server.write(text)
    server.say('message', { message: scriptMessage(7, index + 1), seq: index + 2 })
    await until(() => store.contents().length === index + 1, 5000, text)
    t.equal(store.told.error.length, index + 1, text)
  }
  const broken = { name: 'ChatError', code: 'error', status: 0, cause: { message: String } }
  t.match(store.told.error, Array(noFrames.length).fill(broken))
  t.same(store.told.state, ['online'])
})

t.test('a frame of a type that is not known is ignored', async (t) => {
  const server = await startScriptedServer(t, ready)
  const store = watchStore(t, server, account)
  await store.reaches('online')
  server.write('{"type":"later","payload":{}}')
  server.say('message', { message: scriptMessage(7, 1), seq: 2 })
  await until(() => store.contents().length === 1, 5000)
  t.same(store.told.error, [])
})

t.test('a sync that breaks while it is handled is an error event', async (t) => {
  const server = await startScriptedServer(t, ready)
  const store = watchStore(t, server, account)
  await store.reaches('online')
  server.say('message', { message: scriptMessage(7, 1), seq: 3 })
  await until(() => server.received.length === 1, 5000, 'it asks for what it missed')
  server.write(JSON.stringify({ type: 'sync', payload: { session: scriptSession(7), messages: [null], seq: 3 } }))
  await until(() => store.told.error.length === 1, 5000)
  t.match(store.told.error, [{ name: 'ChatError', code: 'error' }])
  t.same(store.told.state, ['online'])
})

t.test('a socket that begins with something else than a frame is given up', async (t) => {
  const server = await startScriptedServer(t, null as never)
  const store = watchStore(t, server, account, { timing: { readyMs: 50 } })
  await until(() => store.told.error.length > 1, 5000, 'it is tried again')
  server.begin(ready)
  await store.reaches('online')
})

t.test('an answer over HTTP that is none rejects with a ChatError', async (t) => {
  const server = await startScriptedServer(t, ready)
  for (const body of ['null', '1', '"text"', 'true', '', '<html>']) {
    const options = { fetch: async () => new Response(body) }
    const { client: store } = watchStore(t, server, account, options)
    const { client: admin } = watchAdmin(t, server, account, options)
    const file = new File(['x'], 'a.txt')
    const calls: Promise<unknown>[] = [
      store.session(),
      store.history(),
      store.sessions(),
      store.closeSession(),
      store.upload(file),
      store.send({ file }),
      admin.openSessions(),
      admin.session(7),
      admin.claim(7),
    ]
    for (const call of calls) {
      await t.rejects(call, { name: 'ChatError', status: 200, code: 'error' }, body)
    }
    store.close()
    admin.close()
  }
})
