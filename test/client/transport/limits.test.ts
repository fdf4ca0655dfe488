import t from 'tap'
import { createFrameLimiter } from '../../../src/client/transport/frame-limiter.js'
import { countFrameBytes } from '../../../src/client/transport/frame-size.js'
import { toResumeRequests } from '../../../src/client/state/resume-request.js'
import { until } from '../../../harness/until.js'
import { list, watchAdmin, watchStore } from '../support/connect.js'
import { startScriptedServer } from '../support/scripted-server.js'
import { scriptMessage, scriptSession } from '../support/scripted-session.js'

const account = { token: 'a token' }
const limits = { frame_bytes: 1024, frames_per_second: 20, frame_burst: 40 }
const ready = { session: null, resume: true, epoch: 'one', limits }

t.test('a message larger than this server takes is refused here, and the connection stays', async (t) => {
  const server = await startScriptedServer(t, ready)
  const store = watchStore(t, server, account)
  const early = store.client.send({ content: 'é'.repeat(600), client_message_id: 'early' })
  const next = store.client.send({ content: 'small enough', client_message_id: 'next' })
  await t.rejects(early, { status: 413, code: 'too_large' }, 'also when its limit was not known yet')
  await t.rejects(store.client.send({ content: 'x'.repeat(1000) }), { status: 413, code: 'too_large' })
  await until(() => server.received.length === 1, 5000)
  const own = { sender_type: 'store' as const, sender_id: 1, client_message_id: 'next' }
  server.say('message', { message: scriptMessage(7, 10, own), seq: 2 })
  t.match(await next, { id: 10 })
  const fits = { content: 'x'.repeat(1024 - countFrameBytes('message', { content: '', client_message_id: 'a' })) }
  void store.client.send({ ...fits, client_message_id: 'a' }).catch(() => undefined)
  await until(() => server.received.length === 2, 5000, 'one that just fits is sent')
  t.same(store.told.state, ['online'])
})

t.test('a client that has more sessions than fit into a frame resumes with several', async (t) => {
  const server = await startScriptedServer(t, ready)
  const admin = watchAdmin(t, server, account)
  await admin.reaches('online')
  const ids = list(150, '').map((_, index) => 1_000_000 + index)
  for (const id of ids) server.say('session_update', { session: scriptSession(id), seq: 2 })
  await until(() => admin.told.session.length === ids.length, 5000)
  server.end(1011)
  const sessions = () => server.received.flatMap(({ payload }) => Object.keys(payload['sessions'] as object))
  await until(() => sessions().length === ids.length, 5000, 'all are asked for')
  t.same(sessions().map(Number), ids)
  for (const { type, payload } of server.received) t.ok(countFrameBytes(type, payload) <= limits.frame_bytes)
})

t.test('a resume holds sessions of one epoch, no more than 200, in the order of their ids', async (t) => {
  const positions = list(450, '').map((_, index) => ({
    sessionId: 1000 - index,
    seq: index,
    epoch: index % 3 === 0 ? 'old' : index % 3 === 1 ? 'new' : undefined,
  }))
  const requests = toResumeRequests([...positions, { sessionId: 1, seq: 1, epoch: undefined }], 65_536)
  t.equal(requests.length, 3)
  t.same(
    requests.map(({ epoch, sessions }) => [epoch, Object.keys(sessions).length]).sort(),
    [
      ['new', 150],
      ['old', 150],
      [undefined, 151],
    ].sort(),
  )
  const many = toResumeRequests(
    positions.map((position) => ({ ...position, epoch: 'one' })),
    65_536,
  )
  t.same(
    many.map(({ sessions }) => Object.keys(sessions).length),
    [200, 200, 50],
  )
  const ids = many.flatMap(({ sessions }) => Object.keys(sessions).map(Number))
  t.same(
    ids,
    ids.toSorted((one, other) => one - other),
  )
})

t.test('frames leave no faster than the server allows, with a margin', async (t) => {
  const cases = [
    { allowed: undefined, atOnce: 30 },
    { allowed: { ...limits, frame_burst: 8 }, atOnce: 6 },
    { allowed: { ...limits, frame_burst: 1, frames_per_second: 1 }, atOnce: 1 },
    { allowed: { ...limits, frame_burst: 4000 }, atOnce: 100 },
    { allowed: { ...limits, frame_burst: 0, frames_per_second: 0 }, atOnce: 30 },
  ]
  for (const { allowed, atOnce } of cases) {
    const written: string[] = []
    const limiter = createFrameLimiter((text) => written.push(text))
    t.teardown(() => limiter.stop())
    limiter.applyLimits(allowed)
    for (const content of list(100, 'frame')) limiter.send('typing', { content })
    t.equal(written.length, atOnce)
  }
})

t.test('a message that waits for its turn to leave is not repeated meanwhile', async (t) => {
  const server = await startScriptedServer(t, {
    ...ready,
    limits: { ...limits, frame_burst: 2, frames_per_second: 40 },
  })
  const admin = watchAdmin(t, server, account, { timing: { acknowledgeMs: 60 } })
  await admin.reaches('online')
  const ids = list(12, '').map((_, index) => index + 1)
  const sends = ids.map((session_id) =>
    admin.client.send({ session_id, content: 'x', client_message_id: `m${session_id}` }),
  )
  const acknowledged = new Set<unknown>()
  await until(
    () => {
      for (const { payload } of server.received) {
        const { session_id, client_message_id } = payload as { session_id: number; client_message_id: string }
        if (acknowledged.has(client_message_id)) continue
        acknowledged.add(client_message_id)
        const own = { sender_type: 'admin' as const, client_message_id }
        server.say('message', { message: scriptMessage(session_id, session_id, own), seq: 2 })
      }
      return acknowledged.size === ids.length
    },
    10_000,
    'all are sent',
  )
  await Promise.all(sends)
  t.same(
    server.received.map(({ payload }) => payload['client_message_id']),
    ids.map((id) => `m${id}`),
    'each once',
  )
})

t.test('a clock that is set back holds up no frame', async (t) => {
  const { now } = Date
  t.teardown(() => (Date.now = now))
  const written: string[] = []
  const limiter = createFrameLimiter((text) => written.push(text))
  t.teardown(() => limiter.stop())
  Date.now = () => now() - 3_600_000
  for (const content of list(31, 'frame')) limiter.send('typing', { content })
  t.equal(written.length, 30)
  Date.now = now
  await until(() => written.length === 31, 5000)
})
