import t from 'tap'
import { createChatClient } from '../../support/chat/chat-client.js'
import { claimConversation, openConversation, sendMessages } from '../../support/chat/conversations.js'
import { startNode } from '../../support/nodes/node.js'
import { isSigned, startReceiver } from '../../support/platform/receiver.js'
import { addMessages } from '../../support/chat/sessions.js'
import { until } from '../../../harness/until.js'
import { callPlatform, createWebhook, webhookConfig } from '../../support/platform/webhooks.js'
import { addAdmin } from '../../support/chat/accounts.js'
import { enter } from '../../support/clients/socket-client.js'

const node = await startNode(t, { config: webhookConfig({ timeoutMs: 15_000 }) })
const chat = createChatClient(node)
const DEADLINE_MS = 20_000

t.test("each event of a session arrives in order, with its frame's payload, signed", async (t) => {
  const receiver = await startReceiver(t)
  const { secret } = await createWebhook(node, receiver.url)
  const { store, admin, sessionId } = await claimConversation(chat)
  const other = await addAdmin(node.database)
  await sendMessages(chat, store, 3)
  await chat.post('admin/message/', admin, { session_id: sessionId, content: 'hello', client_message_id: 'one' })
  await chat.post('admin/session/transfer/', admin, { session_id: sessionId, admin_id: other.id })
  await chat.post('admin/session/release/', other, { session_id: sessionId })
  await chat.post('store/close/', store)
  await until(() => receiver.accepted.length >= 9, DEADLINE_MS, 'all nine events arrive')

  t.same(
    receiver.accepted.map(({ type }) => type),
    [
      ...['session.created', 'session.claimed', 'message.created', 'message.created', 'message.created'],
      ...['message.created', 'session.transferred', 'session.released', 'session.closed'],
    ],
  )
  t.same(
    receiver.firsts(),
    Array.from({ length: 9 }, (_, place) => `${sessionId}:${place + 1}`),
  )
  t.equal(new Set(receiver.accepted.map(({ id }) => id)).size, 9, 'each has an id of its own')
  for (const event of receiver.accepted) {
    t.ok(isSigned(event, secret))
    t.same(Object.keys(JSON.parse(event.body)), ['type', 'timestamp', 'data'])
    t.equal(event.headers['content-type'], 'application/json')
  }
  const [sent, ended] = [receiver.accepted[5], receiver.accepted[8]]
  t.match(sent?.data, {
    message: { session_id: sessionId, content: 'hello', client_message_id: 'one', status: 'sent' },
    seq: 6,
  })
  t.equal(sent?.timestamp, sent?.data.message.created)
  t.match(ended?.data, { session: { id: sessionId, status: 'closed' }, seq: 9 })
  t.equal(ended?.timestamp, ended?.data.session.updated)
})

t.test('data is what the frame of the event holds', async (t) => {
  const receiver = await startReceiver(t)
  await createWebhook(node, receiver.url)
  const { store, admin, sessionId } = await openConversation(chat)
  const socket = await enter(t, node, 'store', store)
  await chat.post('admin/session/claim/', admin, { session_id: sessionId })
  await chat.post('store/message/', store, { content: 'hello' })
  const frames = [await socket.next('session_update'), await socket.next('message')]
  await until(() => receiver.firsts().includes(`${sessionId}:3`), DEADLINE_MS)
  const data = receiver.accepted.filter(({ data }) => data.seq > 1).map(({ data }) => data)
  t.strictSame(data, frames)
})

t.test('a webhook gets what happens after its creation, and only what it has subscribed to', async (t) => {
  const { store, sessionId } = await openConversation(chat)
  await sendMessages(chat, store, 3)
  const receiver = await startReceiver(t)
  await createWebhook(node, receiver.url, ['message.created'])
  await chat.post('store/message/', store, { content: 'after' })
  await chat.post('store/close/', store)
  const { body } = await chat.post('store/message/', store, { content: 'in the next one' })
  const next = body.session.id as number
  await until(() => receiver.firsts().length >= 2, DEADLINE_MS)
  t.same(receiver.firsts(), [`${sessionId}:5`, `${next}:2`])
})

t.test('a session whose event fails waits for it, the others go on', async (t) => {
  const [one, other] = [await openConversation(chat), await openConversation(chat)]
  let failures = 0
  const receiver = await startReceiver(t, ({ data }) => (data.message?.content === 'bad' && failures++ < 3 ? 500 : 200))
  const { id } = await createWebhook(node, receiver.url)
  await chat.post('store/message/', one.store, { content: 'bad' })
  await chat.post('store/message/', one.store, { content: 'behind' })
  await chat.post('store/message/', other.store, { content: 'elsewhere' })
  await until(() => receiver.firsts().length === 3, DEADLINE_MS)
  t.same(
    receiver.firsts().filter((event) => event.startsWith(`${one.sessionId}:`)),
    [`${one.sessionId}:2`, `${one.sessionId}:3`],
  )
  const tries = receiver.requests.filter(({ data }) => data.message.content === 'bad')
  t.equal(tries.length, 4)
  t.equal(new Set(tries.map(({ id, body }) => id + body)).size, 1, 'the same event with the same id at each attempt')
  const readLog = async () => {
    const { body } = await callPlatform(node, 'GET', `${id}/deliveries/`)
    return (body.data as Logged[]).find(({ seq, session_id }) => seq === 2 && session_id === one.sessionId)
  }
  // An attempt is logged after its answer.
  const logged = await until(async () => {
    const entry = await readLog()
    return entry?.status === 'delivered' && entry
  }, DEADLINE_MS)
  t.match(logged, { status: 'delivered', attempts: 4, response_status: 200, next_attempt_at: null })
})

interface Logged {
  id: number
  status: string
  seq: number
  session_id: number
}

t.test('redirects do not count, and an address that is gone switches its webhook off', async (t) => {
  const { store } = await openConversation(chat)
  const reactions = [307, 410]
  const receiver = await startReceiver(t, () => reactions.shift() ?? 200)
  const { id } = await createWebhook(node, receiver.url)
  await chat.post('store/message/', store, { content: 'first' })
  const read = async () => (await callPlatform(node, 'GET', `${id}/`)).body
  await until(async () => (await read()).active === false, DEADLINE_MS, 'it is switched off')
  t.match(await read(), { gone_at: /Z$/ })
  await chat.post('store/message/', store, { content: 'second' })
  t.equal(receiver.accepted.length, 0)

  const { body } = await callPlatform(node, 'PATCH', `${id}/`, { active: true })
  t.match(body, { active: true, gone_at: null })
  await until(() => receiver.accepted.length === 2, DEADLINE_MS, 'switched on it goes on where it stood')
  t.same(
    receiver.accepted.map(({ data }) => data.message.content),
    ['first', 'second'],
  )
})

t.test('an event that was committed and never published is found', async (t) => {
  const { sessionId } = await openConversation(chat)
  const receiver = await startReceiver(t)
  await createWebhook(node, receiver.url)
  await addMessages(node.database, sessionId, [{ content: 'nobody has told of me' }])
  await until(() => receiver.firsts().includes(`${sessionId}:2`), DEADLINE_MS)
})

t.test('what a dead node was at is taken over when its lease ends', async (t) => {
  const { sessionId } = await openConversation(chat)
  const receiver = await startReceiver(t)
  const { id } = await createWebhook(node, receiver.url)
  await node.database.query(
    `insert into webhook_session (webhook_id, session_id, seq, unread_id, due_at, lease)
     values ($1, $2, 1, 0, now() + interval '1 second', 'of the dead')`,
    [id, sessionId],
  )
  await addMessages(node.database, sessionId, [{ content: 'left behind' }])
  await until(() => receiver.firsts().includes(`${sessionId}:2`), DEADLINE_MS)
})

t.test('eight webhooks have everything while one hangs and one fails', async (t) => {
  // More than one webhook is given at a time.
  const conversations = await Promise.all(Array.from({ length: 10 }, () => openConversation(chat)))
  const hanging = await startReceiver(t, () => 'hang')
  const failing = await startReceiver(t, () => 500)
  const healthy = await Promise.all(Array.from({ length: 8 }, () => startReceiver(t)))
  const receivers = [hanging, failing, ...healthy]
  const hooks = await Promise.all(receivers.map(({ url }) => createWebhook(node, url)))
  t.teardown(() => Promise.all(hooks.map(({ id }) => callPlatform(node, 'DELETE', `${id}/`))))
  await Promise.all(conversations.map(({ store }) => sendMessages(chat, store, 3)))
  for (const receiver of healthy) {
    // On a busy machine deliveries yield: 240 come at twenty a second.
    await until(() => receiver.firsts().length === 30, 3 * DEADLINE_MS, 'a healthy one has all')
  }
  for (const { sessionId } of conversations) {
    for (const receiver of healthy) {
      const seqs = receiver.firsts().flatMap((first) => (first.startsWith(`${sessionId}:`) ? first.split(':')[1] : []))
      t.same(seqs, ['2', '3', '4'])
    }
  }
  t.equal(hanging.accepted.length + failing.accepted.length, 0)
  // On a busy machine the first of them have timed out by now.
  t.ok(hanging.mostHanging() > 0 && hanging.mostHanging() <= 8, 'no more than one may have under way hangs')
})
