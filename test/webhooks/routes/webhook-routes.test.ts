import t from 'tap'
import type { Delivery } from '../../../src/webhooks/deliveries.js'
import { eventTypes } from '../../../src/webhooks/event.js'
import { createChatClient } from '../../support/chat/chat-client.js'
import { openConversation } from '../../support/chat/conversations.js'
import { startNode } from '../../support/nodes/node.js'
import { isSigned, startReceiver } from '../../support/platform/receiver.js'
import { until } from '../../../harness/until.js'
import { callPlatform, createWebhook, webhookConfig } from '../../support/platform/webhooks.js'

const node = await startNode(t, { config: webhookConfig() })
const chat = createChatClient(node)
const call = (method: string, path: string, body?: unknown) => callPlatform(node, method, path, body)
const DEADLINE_MS = 20_000
const url = 'https://example.com/events'

t.test('a webhook is created, read, listed, changed and deleted; its secret is shown once', async (t) => {
  const created = await call('POST', '', { url })
  t.equal(created.status, 200)
  const { secret, ...webhook } = created.body
  t.match(secret, /^whsec_/)
  t.match(webhook, { url, active: true, gone_at: null, previous_secret_until: null, events: eventTypes })
  const path = `${webhook.id}/`
  t.strictSame((await call('GET', path)).body, webhook)
  const listed = await call('GET', '')
  t.strictSame(listed.body.data.at(-1), webhook)
  t.notMatch(listed.text, secret)

  const changed = await call('PATCH', path, { url: `${url}/2`, events: ['session.closed'], active: false })
  t.strictSame(changed.body, { ...webhook, url: `${url}/2`, events: ['session.closed'], active: false })
  t.strictSame((await call('PATCH', path, {})).body, changed.body)

  t.strictSame((await call('DELETE', path)).body, changed.body)
  for (const [method, below] of [
    ['GET', ''],
    ['PATCH', ''],
    ['DELETE', ''],
    ['POST', 'rotate/'],
    ['POST', 'test/'],
  ] as const) {
    t.equal(
      (await call(method, `${path}${below}`, method === 'PATCH' ? {} : undefined)).status,
      404,
      `${method} ${below}`,
    )
  }
  t.equal((await call('GET', `${path}deliveries/`)).status, 404)
  t.notOk((await call('GET', '')).body.data.some(({ id }: { id: number }) => id === webhook.id))
})

t.test('only URLs that can be posted to are taken', async (t) => {
  const bad = ['', 'example.com', 'ftp://example.com/', 'file:///etc/passwd', 'https://user@example.com/']
  const worse = ['https://user:word@example.com/', `https://example.com/${'x'.repeat(2048)}`, 'javascript:1', 5, null]
  for (const wrong of [...bad, ...worse]) {
    const { status, body } = await call('POST', '', { url: wrong })
    t.equal(status, 400, String(wrong).slice(0, 40))
    t.equal(body.errors[0].field, 'url')
  }
  for (const events of [[], ['message'], 'message.created', ['webhook.test']]) {
    t.equal((await call('POST', '', { url, events })).status, 400, JSON.stringify(events))
  }
  t.equal((await call('POST', '')).status, 400)
})

t.test('while a secret is rotated both sign', async (t) => {
  const receiver = await startReceiver(t)
  const { id, secret: before } = await createWebhook(node, receiver.url)
  const rotated = await call('POST', `${id}/rotate/`)
  const { secret, previous_secret_until } = rotated.body
  t.not(secret, before)
  t.ok(Date.parse(previous_secret_until) > Date.now())
  t.match((await call('POST', `${id}/test/`)).body, { status: 'delivered' })
  const [event] = receiver.requests
  t.ok(event && isSigned(event, secret) && isSigned(event, before))

  await node.database.query(`update webhook set previous_secret_until = now() where id = $1`, [id])
  await call('POST', `${id}/test/`)
  const later = receiver.requests[1]
  t.ok(later && isSigned(later, secret) && !isSigned(later, before))
  t.equal((await call('GET', `${id}/`)).body.previous_secret_until, null)
})

t.test('of secrets that are given at the same time none is lost: each signs', async (t) => {
  const receiver = await startReceiver(t)
  const { id } = await createWebhook(node, receiver.url)
  const rotated = await Promise.all([call('POST', `${id}/rotate/`), call('POST', `${id}/rotate/`)])
  await call('POST', `${id}/test/`)
  const [event] = receiver.requests
  for (const { body } of rotated) t.ok(event && isSigned(event, body.secret))
})

t.test('a test says what was answered, or why nothing was', async (t) => {
  const receiver = await startReceiver(t, () => ({ status: 418, body: `short and stout ${'x'.repeat(2000)}` }))
  const { id } = await createWebhook(node, receiver.url)
  const { status, body } = await call('POST', `${id}/test/`)
  t.equal(status, 200)
  t.match(body, {
    webhook_id: id,
    type: 'webhook.test',
    status: 'failed',
    attempts: 1,
    response_status: 418,
    error: null,
  })
  t.match(body.response_body, /^short and stout x+$/)
  t.equal(body.response_body.length, 1024)
  t.match(receiver.requests[0], { type: 'webhook.test', id: body.event_id, data: { webhook_id: id } })

  const { id: away } = await createWebhook(node, 'http://127.0.0.1:1/')
  t.match((await call('POST', `${away}/test/`)).body, {
    status: 'failed',
    response_status: null,
    error: /ECONNREFUSED/,
  })
  const { id: inside } = await createWebhook(node, 'http://169.254.169.254/latest/meta-data/')
  t.match((await call('POST', `${inside}/test/`)).body, { status: 'failed', error: 'The address is not public' })
})

t.test('deliveries are listed page by page', async (t) => {
  const receiver = await startReceiver(t)
  const { id } = await createWebhook(node, receiver.url)
  for (let count = 0; count < 3; count++) await call('POST', `${id}/test/`)
  const list = async (query: string) => {
    const { body } = await call('GET', `${id}/deliveries/?${query}`)
    return body.data.map((delivery: { id: number }) => delivery.id) as number[]
  }
  const all = await list('')
  t.equal(all.length, 3)
  t.same(
    all,
    [...all].sort((one, other) => other - one),
  )
  t.same([...(await list('limit=2')), ...(await list(`before=${all[1]}`))], all)
  t.same(await list('status=failed'), [])
  t.same(await list('status=delivered'), all)
})

t.test('what was delivered is replayed with its id and its body', async (t) => {
  const receiver = await startReceiver(t)
  const { id } = await createWebhook(node, receiver.url)
  const { store, sessionId } = await openConversation(chat)
  await chat.post('store/message/', store, { content: 'again' })
  const listed = await until(async () => {
    const { body } = await call('GET', `${id}/deliveries/?status=delivered`)
    return body.data.length === 2 && (body.data as Delivery[])
  }, DEADLINE_MS)
  for (const { id: deliveryId, event_id, attempts } of listed) {
    const first = receiver.accepted.find((event) => event.id === event_id)
    const before = receiver.accepted.length
    const replayed = await call('POST', `deliveries/${deliveryId}/replay/`)
    const expected = { id: deliveryId, status: 'delivered', attempts: attempts + 1, session_id: sessionId }
    t.match(replayed.body, expected)
    const again = receiver.accepted.slice(before)
    t.same(
      again.map(({ id, body }) => [id, body]),
      [[event_id, first?.body]],
    )
  }
  t.equal((await call('POST', 'deliveries/123456789/replay/')).status, 404)
})

t.test('what was given up is kept, holds its session back, and goes on by a replay', async (t) => {
  let isBroken = true
  const receiver = await startReceiver(t, () => (isBroken ? 500 : 200))
  const { id } = await createWebhook(node, receiver.url, ['message.created'])
  const { store, sessionId } = await openConversation(chat)
  await chat.post('store/message/', store, { content: 'lost' })
  await until(() => receiver.requests.length >= 2, DEADLINE_MS)
  // Three days later.
  await node.database.query(
    `update webhook_session set first_failed_at = now() - interval '3 days' where webhook_id = $1`,
    [id],
  )
  const failed = await until(async () => {
    const { body } = await call('GET', `${id}/deliveries/?status=failed`)
    return body.data[0]
  }, DEADLINE_MS)
  t.match(failed, {
    type: 'message.created',
    seq: 2,
    session_id: sessionId,
    response_status: 500,
    next_attempt_at: null,
  })
  isBroken = false
  await chat.post('store/message/', store, { content: 'behind' })
  const { store: other, sessionId: otherId } = await openConversation(chat)
  await chat.post('store/message/', other, { content: 'elsewhere' })
  await until(() => receiver.accepted.length === 1, DEADLINE_MS)
  t.same(receiver.firsts(), [`${otherId}:2`], 'what is behind it waits, other sessions do not')

  const replayed = await call('POST', `deliveries/${failed.id}/replay/`)
  t.match(replayed.body, { id: failed.id, status: 'pending' })
  await until(() => receiver.accepted.length === 3, DEADLINE_MS)
  t.same(receiver.firsts(), [`${otherId}:2`, `${sessionId}:2`, `${sessionId}:3`])
  const { body } = await call('GET', `${id}/deliveries/?status=failed`)
  t.same(body.data, [])
})

t.test('a webhook that is switched off is not replayed to', async (t) => {
  const receiver = await startReceiver(t)
  const { id } = await createWebhook(node, receiver.url)
  const { body } = await call('POST', `${id}/test/`)
  await call('PATCH', `${id}/`, { active: false })
  t.equal((await call('POST', `deliveries/${body.id}/replay/`)).status, 409)
  await call('DELETE', `${id}/`)
  t.equal((await call('POST', `deliveries/${body.id}/replay/`)).status, 404)
})

t.test('the events are described in OpenAPI, as they are sent', async (t) => {
  const { body } = await node.get('/docs/json')
  t.same(Object.keys(body.webhooks).sort(), [...eventTypes, 'webhook.test'].sort())
  for (const [type, { post }] of Object.entries<Described>(body.webhooks)) {
    const { schema } = post.requestBody.content['application/json']
    t.equal(schema.properties.type.const, type)
    t.same(schema.required, ['type', 'timestamp', 'data'])
  }
})

interface Described {
  post: {
    requestBody: {
      content: { 'application/json': { schema: { required: string[]; properties: { type: { const: string } } } } }
    }
  }
}
