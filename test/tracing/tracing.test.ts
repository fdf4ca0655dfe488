import t from 'tap'
import { Prisma } from '../../src/generated/prisma/client.js'
import { startPair } from '../support/chat/pair.js'
import { addAdmin, addStore } from '../support/chat/accounts.js'
import { startSpanReceiver, type ReceivedSpan } from '../support/metrics/span-receiver.js'
import { enter } from '../support/clients/socket-client.js'
import { startNode } from '../support/nodes/node.js'
import { noLimits } from '../../harness/no-limits.js'
import { until } from '../../harness/until.js'

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const traceparent = `00-${TRACE_ID}-b7ad6b7169203331-01`
/** A proxy that forwards for a client, and that the nodes trust. */
const proxied = { traceparent, 'x-forwarded-for': '192.0.2.1' }

const receiver = await startSpanReceiver(t)
const traces = { url: `${receiver.origin}/v1/traces`, serviceName: 'store-chat', batchDelayMs: 20 }
const { here, there } = await startPair(t, {
  network: 'redis',
  config: { traces, limits: noLimits, trustProxy: ['127.0.0.1'] },
})
const store = await addStore(here.database)
const admin = await addAdmin(here.database)
const adminSocket = await enter(t, there, 'admin', admin)

t.test('request, statement, publish and delivery on the other node are one trace', async (t) => {
  await until(() => here.app.pubsub.isUp() && there.app.pubsub.isUp(), 5000)
  const headers = { ...proxied, 'x-request-id': 'request-of-the-test' }
  const sent = await here.post('/v1/chat/store/message/', {
    token: store.token,
    headers,
    body: { content: 'secret text' },
  })
  t.equal(sent.status, 200)
  t.match(sent.headers['traceparent'], new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-01$`))
  await adminSocket.next('message')

  const spans = await until(
    () => {
      const found = receiver.spans().filter(({ traceId }) => traceId === TRACE_ID)
      return (
        found.filter(({ name }) => name === 'deliver event').length >= 2 &&
        found.some(({ kind }) => kind === 2) &&
        found
      )
    },
    5000,
    'the spans arrive',
  )
  const named = (name: string) => spans.find((span) => span.name === name)
  const request = named('POST /v1/chat/store/message/')
  t.match(request, { parentSpanId: 'b7ad6b7169203331' })
  t.match(request?.attributes, {
    'http.route': '/v1/chat/store/message/',
    'http.response.status_code': 200,
    'store_chat.request_id': 'request-of-the-test',
  })
  const append = named('append messages')
  const commit = named('commit messages')
  const statement = spans.find(
    ({ name, parentSpanId }) => name === 'postgresql statement' && parentSpanId === commit?.spanId,
  )
  t.equal(append?.parentSpanId, request?.spanId)
  t.equal(commit?.parentSpanId, append?.spanId)
  t.match(statement?.attributes, { 'db.system.name': 'postgresql' })
  const publishes = spans.filter(
    ({ name, parentSpanId }) => name === 'publish event' && parentSpanId === request?.spanId,
  )
  t.equal(publishes.length, 2, 'the new session and the message')
  for (const publish of publishes) {
    const isDelivery = ({ name, parentSpanId }: (typeof spans)[number]) =>
      name === 'deliver event' && parentSpanId === publish.spanId
    t.ok(spans.some(isDelivery), 'the delivery descends from the publish')
  }
  for (const secret of ['secret text', store.token, admin.token])
    t.notOk(receiver.text().includes(secret), 'no secrets')
})

t.test('sends that share a statement are linked by it', async (t) => {
  const senders = await Promise.all(Array.from({ length: 6 }, () => addStore(here.database)))
  const send = ({ token }: { token: string }) =>
    here.post('/v1/chat/store/message/', { token, body: { content: 'hello' } })
  await Promise.all(senders.map(send))
  await Promise.all(senders.map(send))
  const shared = await until(
    () => receiver.spans().find(({ name, links }) => name === 'commit messages' && links.length > 0),
    5000,
    'a commit with links',
  )
  const linked = shared.links.map(({ spanId }) => spanId)
  const waiting = await until(() => {
    const found = receiver.spans().filter(({ spanId }) => linked.includes(spanId))
    return found.length === linked.length && found
  }, 5000)
  for (const append of waiting) {
    t.equal(append.name, 'append messages')
    t.not(append.traceId, shared.traceId, 'of another trace')
    t.ok(
      append.links.some(({ spanId }) => spanId === shared.spanId),
      'which leads to the commit',
    )
  }
})

t.test('frames have traces of their own, linked with the handshake', async (t) => {
  const socket = await enter(t, here, 'store', store, { headers: proxied })
  socket.send('message', { content: 'by a socket' })
  await socket.next('message', ({ message }) => message.content === 'by a socket')
  const frames = await until(() => receiver.spans().find(({ name }) => name === 'frames of store'), 5000)
  const handshake = await until(() => receiver.spans().find(({ name }) => name === 'GET /v1/chat/ws/store/'), 5000)
  t.match(handshake, { traceId: TRACE_ID, attributes: { 'http.response.status_code': 101 } })
  t.not(frames.traceId, TRACE_ID)
  t.match(frames.links, [{ spanId: handshake.spanId }])
  const delivery = await until(
    () => receiver.spans().find(({ name, traceId }) => name === 'deliver event' && traceId === frames.traceId),
    5000,
  )
  t.ok(delivery)
})

t.test('strangers do not decide which trace a request belongs to', async (t) => {
  const node = await startNode(t, {
    database: here.database,
    config: { traces, limits: noLimits, trustProxy: ['192.0.2.2'] },
  })
  const { headers } = await node.get('/v1/chat/store/session/', { token: store.token, headers: proxied })
  const [, traceId] = String(headers['traceparent']).split('-')
  t.not(traceId, TRACE_ID)
  const request = await until(
    () => receiver.spans().find((span) => span.traceId === traceId && span.kind === 2),
    5000,
    'the span arrives',
  )
  t.notOk(request.parentSpanId)
  t.match(request.links, [{ traceId: TRACE_ID, spanId: 'b7ad6b7169203331' }])
})

t.test('statements of searches and reports are traced and counted like all others', async (t) => {
  const { app } = here
  const { db: searching } = await until(() => {
    try {
      return app.getSearchDeps()
    } catch {
      return undefined
    }
  }, 10_000)
  for (const { pool } of [searching, app.reportDeps.source.reading]) {
    const { failed } = app.db.pool.counts
    const reading = app.tracing?.run({ name: 'read', kind: 'internal', parent: 'none' }, async ({ traceparent }) => {
      await t.rejects(pool.readText(Prisma.sql`select (1 / 0)::text`))
      return traceparent.split('-')[1]
    })
    const traceId = await reading
    t.equal(app.db.pool.counts.failed, failed + 1)
    const isOfTrace = (span: ReceivedSpan) => span.traceId === traceId && span.name === 'postgresql statement'
    t.ok(await until(() => receiver.spans().find(isOfTrace), 5000, 'the span arrives'))
  }
})
