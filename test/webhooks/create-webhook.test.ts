import { Client } from 'pg'
import t from 'tap'
import { until } from '../../harness/until.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { openConversation } from '../support/chat/conversations.js'
import { startNodes, type TestNode } from '../support/nodes/node.js'
import { startReceiver } from '../support/platform/receiver.js'
import { callPlatform, createWebhook, webhookConfig } from '../support/platform/webhooks.js'

const [node, there] = (await startNodes(t, 2, { config: webhookConfig() })) as [TestNode, TestNode]
const { database } = node
const chat = createChatClient(node)
const DEADLINE_MS = 20_000
const MOST = 50

t.test('an event whose id was given before, and that is committed later, is not missed', async (t) => {
  const [slow, quick] = [await openConversation(chat), await openConversation(chat)]
  const client = new Client(database.url)
  t.teardown(() => client.end())
  await client.connect()
  await client.query('begin')
  await client.query('update chat_session set seq = seq + 1 where id = $1', [slow.sessionId])
  await client.query(
    `insert into chat_message (session_id, seq, sender_type, sender_id, content, attachment_url, attachment_type, created)
     select id, seq, 'store', store_id, 'slow', '', '', now() from chat_session where id = $1`,
    [slow.sessionId],
  )
  await chat.post('store/message/', quick.store, { content: 'has a higher id' })

  const receiver = await startReceiver(t)
  const created: number[] = []
  const creating = createWebhook(node, receiver.url).then(({ id }) => created.push(id))
  await until(async () => (await database.query('select from webhook')).length === 1, DEADLINE_MS)
  for (let count = 0; count < 3; count++) await callPlatform(node, 'GET', '')
  const wasCreated = created.length > 0
  await client.query('commit')
  await creating
  // What is committed after the answer comes; what was committed before need not.
  await chat.post('store/message/', slow.store, { content: 'behind it' })
  await until(() => receiver.firsts().includes(`${slow.sessionId}:3`), DEADLINE_MS)
  t.ok(!wasCreated || receiver.firsts().includes(`${slow.sessionId}:2`))
})

t.test('however many are created at once, there are fifty', async (t) => {
  // One that waits too long for the others is asked to come again.
  const create = (place: number) =>
    until(async () => {
      const { status } = await callPlatform(place % 2 === 0 ? node : there, 'POST', '', { url: 'https://example.com/' })
      return status !== 503 && status
    }, DEADLINE_MS)
  const statuses = await Promise.all(Array.from({ length: MOST + 10 }, (_, place) => create(place)))
  t.same(new Set(statuses), new Set([200, 409]))
  const { body } = await callPlatform(node, 'GET', '')
  t.equal(body.data.length, MOST)
  t.equal(statuses.filter((status) => status === 200).length, MOST - 1, 'beside the one of before')
})
