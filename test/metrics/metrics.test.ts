import t from 'tap'
import { addAdmin, addStore } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { startPair } from '../support/chat/pair.js'
import { metricsUrl, scrape } from '../support/metrics/scrape.js'
import { enter } from '../support/clients/socket-client.js'
import { promtool, runPromtool } from '../support/metrics/promtool.js'
import { findUnknown, readDashboard, readRules } from '../support/metrics/queries.js'
import { until } from '../../harness/until.js'

/** Ids that no other number in the metrics equals. */
const STORE_ID = 987_654_321
const ADMIN_ID = 987_654_322

const limits = {
  requests: { perSecond: 0, burst: 0 },
  messages: { perSecond: 0.01, burst: 3 },
  failedAuthPerMinute: 600,
}
const metrics = { host: '127.0.0.1', port: 0 }
const { here, there } = await startPair(t, { network: 'redis', config: { metrics, limits } })
const read = (node = here) => scrape(metricsUrl(node))
const chat = createChatClient(here)
const store = await addStore(here.database, { id: STORE_ID })
const admin = await addAdmin(here.database, { id: ADMIN_ID })
const storeSocket = await enter(t, here, 'store', store)
const adminSocket = await enter(t, there, 'admin', admin)

t.test('what clients do is counted on the node that does it', async (t) => {
  await until(() => here.app.pubsub.isUp() && there.app.pubsub.isUp(), 5000)
  const { body } = await chat.get('store/session/', store)
  await createChatClient(there).post('admin/session/claim/', admin, { session_id: body.id })
  await storeSocket.next('session_update', ({ session }) => session.status === 'claimed')
  for (const content of ['one', 'two', 'three']) await chat.post('store/message/', store, { content })
  for (const place of [1, 2, 3]) t.ok(await adminSocket.next('message'), `message ${place} reaches the other node`)

  // A busy PostgreSQL may not answer the first scrape in time.
  const near = await until(async () => {
    const metrics = await read()
    return metrics.value('store_chat_database_up') === 1 && metrics
  }, 10_000)
  const far = await read(there)
  t.equal(near.value('store_chat_messages_stored_total', { side: 'store' }), 3)
  t.equal(far.value('store_chat_messages_stored_total', { side: 'store' }), 0, 'each node has its own registry')
  const route = '/v1/chat/store/message/'
  t.equal(near.value('store_chat_http_requests_total', { method: 'POST', route, status: '200' }), 3)
  t.equal(near.value('store_chat_http_request_duration_seconds_count', { method: 'POST', route }), 3)
  t.equal(near.value('store_chat_http_request_duration_seconds_bucket', { route, le: '+Inf' }), 3)
  t.ok(Number(near.value('store_chat_http_request_duration_seconds_sum', { route })) > 0)
  t.ok(Number(near.value('store_chat_commit_messages_count')) >= 1)
  t.equal(near.value('store_chat_commit_messages_sum'), 3)
  t.equal(near.value('store_chat_sockets', { side: 'store' }), 1)
  t.equal(near.value('store_chat_sockets', { side: 'admin' }), 0)
  t.equal(far.value('store_chat_sockets', { side: 'admin' }), 1)
  t.ok(Number(far.value('store_chat_deliveries_total', { side: 'admin' })) >= 4, 'a claim and three messages')
  t.ok(Number(far.value('store_chat_delivery_latency_seconds_count')) >= 4)
  t.ok(Number(far.value('store_chat_pubsub_received_total')) >= 3)
  t.equal(near.value('store_chat_sessions', { status: 'claimed' }), 1)
  t.equal(near.value('store_chat_pubsub_up'), 1)
})

t.test('refusals are counted, and paths without a route are one series', async (t) => {
  const before = await read()
  await chat.get('store/session/', { token: 'unknown' })
  await here.get('/v1/chat/x/%zz')
  const { status } = await chat.post('store/message/', store, { content: 'one too many' })
  t.equal(status, 429)
  for (const path of ['/a', '/b', '/v1/chat/files/0123456789']) t.equal((await here.get(path)).status, 404)
  const after = await read()
  const grew = (name: string, labels?: Record<string, string>) =>
    Number(after.value(name, labels)) - (before.value(name, labels) ?? 0)
  t.equal(grew('store_chat_authentication_failures_total'), 1)
  t.equal(grew('store_chat_limited_total', { limit: 'messages' }), 1)
  t.ok(grew('store_chat_http_requests_total', { route: 'unknown', method: 'GET', status: '404' }) >= 2)
  t.equal(grew('store_chat_http_requests_total', { route: 'unknown', method: 'GET', status: '400' }), 1)
})

t.test('no label names an account, a session or a path', async (t) => {
  const { samples } = await read()
  const values = new Set(samples.flatMap(({ labels }) => Object.values(labels)))
  for (const value of values) t.notMatch(value, /98765432|0123456789/, value)
  t.notOk([...values].some((value) => ['/a', '/b'].includes(value)))
  t.ok(samples.length < 3000, `${samples.length} samples`)
})

t.test('an event that no pub/sub brings is counted as repaired', async (t) => {
  const before = await read(there)
  const { body } = await chat.get('store/session/', store)
  await here.database.query(
    `with target as (update chat_session set seq = seq + 1, updated = now(), last_message_at = now() where id = $1 returning *)
     insert into chat_message (session_id, seq, sender_type, sender_id, holder_id, content, attachment_url, attachment_type, created)
     select id, seq, 'store', store_id, admin_id, 'silent', '', '', now() from target`,
    [body.id],
  )
  await adminSocket.next('message', ({ message }) => message.content === 'silent')
  const after = await read(there)
  for (const name of ['store_chat_events_repaired_total', 'store_chat_events_filled_total']) {
    t.ok(Number(after.value(name)) > Number(before.value(name)), name)
  }
})

t.test('anything but GET /metrics is refused with the standard body', async (t) => {
  const { origin } = new URL(metricsUrl(here))
  const get = await fetch(`${origin}/metrics`)
  t.match(get.headers.get('content-type'), /^text\/plain; version=0\.0\.4/)
  for (const [method, path, status] of [
    ['GET', '/', 404],
    ['GET', '/health/live/', 404],
    ['POST', '/metrics', 405],
    ['DELETE', '/metrics', 405],
  ] as const) {
    const answer = await fetch(`${origin}${path}`, { method })
    t.equal(answer.status, status, `${method} ${path}`)
    t.match(await answer.json(), { success: false, message: String })
    if (status === 405) t.equal(answer.headers.get('allow'), 'GET')
  }
  t.equal((await here.get('/metrics')).status, 404, 'the port of the service has none')
})

t.test('the dashboard and the alerts ask for what a node emits', async (t) => {
  const { samples } = await read()
  const queries = [...(await readDashboard()), ...(await readRules())]
  t.ok(queries.length > 50, `${queries.length} queries`)
  for (const query of queries) t.strictSame(findUnknown(query, samples), [], query)
  t.strictSame(findUnknown('sum by (nothing) (rate(store_chat_nothing_total{side="nobody"}[5m]))', samples), [
    'store_chat_nothing_total',
    'nothing',
    'side',
  ])
  t.strictSame(findUnknown('store_chat_sockets{side="nobody"}', samples), ['side="nobody"'])
})

t.test('alerts and dashboard leave out the routes that take as long as a file does, and no others', async (t) => {
  const routes = [
    ['POST', '/v1/chat/upload/'],
    ['GET', '/v1/chat/files/:id/:name/'],
    ['GET', '/v1/chat/store/transcript/'],
    ['GET', '/v1/chat/admin/transcript/'],
    ['GET', '/v1/chat/admin/reports/'],
  ] as const
  for (const [method, route] of routes) {
    await here.request(method, route)
    t.ok((await read()).value('store_chat_http_request_duration_seconds_count', { method, route }), route)
  }
  const latencies = [...(await readRules()), ...(await readDashboard())].filter((query) =>
    query.includes('store_chat_http_request_duration_seconds_bucket'),
  )
  t.equal(latencies.length, 5)
  for (const query of latencies) {
    const pattern = new RegExp(`^(?:${/route!~"([^"]+)"/.exec(query)?.[1] ?? ''})$`)
    for (const [, url] of routes) t.match(url, pattern)
    t.notMatch('/v1/chat/store/message/', pattern)
  }
})

t.test(
  'promtool accepts the metrics and the alerts',
  { skip: promtool === undefined && 'there is no promtool' },
  async (t) => {
    const { text } = await read()
    t.strictSame(await runPromtool(['check', 'metrics'], text), { code: 0, output: '' })
    t.match(await runPromtool(['check', 'metrics'], text.replaceAll('store_chat_mails_total', 'store_chat_mails')), {
      code: 3,
      output: /store_chat_mails counter metrics should have "_total" suffix/,
    })
    const { code, output } = await runPromtool(['test', 'rules', 'deploy/prometheus/store-chat.rules.test.yml'])
    t.equal(code, 0, output)
  },
)
