import { randomUUID } from 'node:crypto'
import t from 'tap'
import { findEpochExpressions } from '../../../src/database/epoch.js'
import { createProgressSaver, type Progress } from '../../../src/webhooks/delivery/save-progress.js'
import { until } from '../../../harness/until.js'
import { createChatClient } from '../../support/chat/chat-client.js'
import { claimConversation, openConversation, sendMessages } from '../../support/chat/conversations.js'
import { setBack } from '../../support/chat/set-back.js'
import { captureStatements } from '../../support/databases/statements.js'
import { startNode } from '../../support/nodes/node.js'
import { startReceiver } from '../../support/platform/receiver.js'
import { callPlatform, createWebhook, webhookConfig } from '../../support/platform/webhooks.js'

const DEADLINE_MS = 20_000
const node = await startNode(t, { config: { ...webhookConfig(), logLevel: 'warn' } })
const { database } = node
const { db } = node.app
const epoch = await findEpochExpressions(db)
const saveProgress = createProgressSaver(db, epoch)
const chat = createChatClient(node)

/** A webhook that no node delivers to: the test claims and saves. */
async function createOwnWebhook(): Promise<number> {
  const { id } = await createWebhook(node, 'http://127.0.0.1:1/')
  await callPlatform(node, 'PATCH', `${id}/`, { active: false })
  return id
}

type Claimed = Pick<Progress, 'webhookId' | 'sessionId' | 'lease'>

/** As the node of the test would claim it. */
async function claimOwn(webhookId: number, sessionId: number): Promise<Claimed> {
  const [row] = await database.query<{ run: string }>(`select ${epoch.run} as run`)
  const lease = `${randomUUID()}.${row?.run}`
  await database.query(
    `insert into webhook_session (webhook_id, session_id, seq, unread_id, due_at, lease)
     values ($1, $2, 1, 0, now() + interval '1 hour', $3)
     on conflict (webhook_id, session_id) do update set seq = 1, due_at = excluded.due_at, lease = excluded.lease`,
    [webhookId, sessionId, lease],
  )
  return { webhookId, sessionId, lease }
}

const progressOf = (claimed: Claimed, seq: number, place = seq): Progress => ({
  ...claimed,
  ...{ seq, unreadId: 0, attempts: 0, isNewFailure: false, next: { step: 'done' } },
  log: [
    {
      event: {
        id: `evt_${claimed.sessionId}_${place}`,
        type: 'message.created',
        sessionId: claimed.sessionId,
        seq,
        unreadId: null,
      },
      ...{ status: 'delivered', responseStatus: 200, responseBody: '', error: null, durationMs: 1, delayMs: null },
    },
  ],
})

const placeOf = async (webhookId: number, sessionId: number) =>
  (
    await database.query<{ seq: number; isDue: boolean; lease: string | null }>(
      `select seq::int, due_at is not null as "isDue", lease from webhook_session
       where webhook_id = $1 and session_id = $2`,
      [webhookId, sessionId],
    )
  )[0]
const countLog = async (webhookId: number) =>
  (await database.query('select from webhook_delivery where webhook_id = $1', [webhookId])).length

t.test('one event twice, and a lease that is lost, fail no progress that is saved with them', async (t) => {
  const [webhookId, { store, sessionId }] = [await createOwnWebhook(), await openConversation(chat)]
  const other = await openConversation(chat)
  await sendMessages(chat, store, 2)
  const before = await claimOwn(webhookId, sessionId)
  const claimed = await claimOwn(webhookId, sessionId)
  const beside = await claimOwn(webhookId, other.sessionId)
  const saved = await Promise.all([
    saveProgress(progressOf(before, 2)),
    saveProgress({ ...progressOf(claimed, 3), log: [progressOf(claimed, 2).log, progressOf(claimed, 2).log].flat() }),
    saveProgress(progressOf(beside, 1)),
  ])
  t.same(saved, [false, true, true])
  t.match(await placeOf(webhookId, sessionId), { seq: 3, isDue: false, lease: null })
  t.equal(await countLog(webhookId), 2)
})

t.test('who has lost its lease logs nothing', async (t) => {
  const [webhookId, { sessionId }] = [await createOwnWebhook(), await openConversation(chat)]
  const claimed = await claimOwn(webhookId, sessionId)
  await database.query(`update webhook_session set lease = 'another.one' where lease = $1`, [claimed.lease])
  t.equal(await saveProgress(progressOf(claimed, 1)), false)
  t.equal(await countLog(webhookId), 0)
})

t.test('what was delivered before a failover does not count: this history may be another', async (t) => {
  const [webhookId, { store, sessionId }] = [await createOwnWebhook(), await openConversation(chat)]
  await sendMessages(chat, store, 3)
  const claimed = await claimOwn(webhookId, sessionId)
  const lease = `${claimed.lease.split('.')[0]}.before`
  await database.query('update webhook_session set lease = $2 where lease = $1', [claimed.lease, lease])
  t.equal(await saveProgress({ ...progressOf({ ...claimed, lease }, 4), next: { step: 'going on' } }), false)
  t.match(await placeOf(webhookId, sessionId), { seq: 1, isDue: true, lease: null })
  t.equal(await countLog(webhookId), 0)
})

t.test('no webhook gets beyond the last event of a session', async (t) => {
  const [webhookId, { sessionId }] = [await createOwnWebhook(), await openConversation(chat)]
  t.ok(await saveProgress(progressOf(await claimOwn(webhookId, sessionId), 9)))
  t.match(await placeOf(webhookId, sessionId), { seq: 1 })
})

t.test('after a database that was set back, what has the lost numbers now is delivered', async (t) => {
  const receiver = await startReceiver(t)
  const { id } = await createWebhook(node, receiver.url)
  t.teardown(() => callPlatform(node, 'DELETE', `${id}/`))
  const { store, sessionId } = await claimConversation(chat)
  await sendMessages(chat, store, 5)
  const contents = () => receiver.accepted.flatMap(({ data }) => data.message?.content ?? [])
  await until(() => contents().length === 5, DEADLINE_MS, 'all is delivered')
  await until(async () => (await placesOf(sessionId)).every(({ isDue }) => !isDue), DEADLINE_MS, 'and saved')
  await setBack(database, sessionId, 3)
  for (const content of ['in its place', 'behind it']) await chat.post('store/message/', store, { content })
  await until(() => contents().includes('behind it'), DEADLINE_MS, 'what came instead is delivered')
  t.same(contents().slice(-2), ['in its place', 'behind it'])
})

const placesOf = (sessionId: number) =>
  database.query<{ isDue: boolean }>(
    `select due_at is not null as "isDue" from webhook_session ws join webhook w on w.id = webhook_id
     where session_id = $1 and w.active`,
    [sessionId],
  )

t.test(
  'a session that became due before the clock of the database was set back goes on with its next event',
  async (t) => {
    const receiver = await startReceiver(t)
    const { id } = await createWebhook(node, receiver.url)
    t.teardown(() => callPlatform(node, 'DELETE', `${id}/`))
    const { store, sessionId } = await openConversation(chat)
    const isDelivered = async (content: string) =>
      receiver.accepted.at(-1)?.data.message?.content === content && (await placeOf(id, sessionId))?.isDue === false
    await chat.post('store/message/', store, { content: 'before' })
    await until(() => isDelivered('before'), DEADLINE_MS, 'the first is delivered')
    await database.query(`update webhook_session set due_at = now() + interval '1 hour' where webhook_id = $1`, [id])
    await chat.post('store/message/', store, { content: 'after' })
    await until(() => isDelivered('after'), DEADLINE_MS, 'the next one is delivered')
    t.equal(receiver.firsts().length, 3, 'each event once, with that of the session itself')
  },
)

t.test('events whose rows are gone are passed over, and told of once', async (t) => {
  const warnings = t.capture(node.app.log, 'warn')
  const { store, sessionId } = await openConversation(chat)
  await sendMessages(chat, store, 4)
  const receiver = await startReceiver(t)
  const { id } = await createWebhook(node, receiver.url)
  await callPlatform(node, 'PATCH', `${id}/`, { active: false })
  await sendMessages(chat, store, 6)
  // From seq 6 on: one in the middle, and the last two.
  await database.query('delete from chat_message where session_id = $1 and seq in (8, 10, 11)', [sessionId])
  const statements = captureStatements(t)
  await callPlatform(node, 'PATCH', `${id}/`, { active: true })
  await until(async () => (await placeOf(id, sessionId))?.seq === 11, DEADLINE_MS, 'it gets to the end')
  t.same(
    receiver.accepted.map(({ data }) => data.seq),
    [6, 7, 9],
  )
  t.match(await placeOf(id, sessionId), { isDue: false })
  const missing = warnings().map(({ args }) => args[0])
  t.same(missing, [{ sessionId, first: 8, count: 3 }])
  const claims = statements.filter(({ text }) => text.includes('update webhook_session ws set lease'))
  t.ok(claims.length < 20, `${claims.length} claims`)
  await chat.post('store/message/', store, { content: 'goes on' })
  await until(() => receiver.accepted.length === 4, DEADLINE_MS)
})
