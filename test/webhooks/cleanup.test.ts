import t from 'tap'
import { cleanReminders } from '../../src/reminders/clean-reminders.js'
import { cleanSessions, cleanUnreadEvents } from '../../src/webhooks/cleanup.js'
import { until } from '../../harness/until.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation, openConversation } from '../support/chat/conversations.js'
import { startNode } from '../support/nodes/node.js'
import { startReceiver } from '../support/platform/receiver.js'
import { callPlatform, createWebhook, webhookConfig } from '../support/platform/webhooks.js'

const DEADLINE_MS = 20_000
const node = await startNode(t, { config: { ...webhookConfig(), unreadAfterMs: 0 } })
const { database } = node
const { db } = node.app
const chat = createChatClient(node)
const receiver = await startReceiver(t)
const { id } = await createWebhook(node, receiver.url)

const clean = async () => {
  await cleanUnreadEvents(db, 0)
  await cleanReminders(db, 0)
  await cleanSessions(db, { webhookId: 0, sessionId: 0 })
}
/** In which of the tables there is something of a session. */
const tablesOf = async (sessionId: number) => {
  const [row] = await database.query<{ tables: string[] }>(
    `select array_remove(array[
       (select 'webhook_session' from webhook_session where session_id = $1 limit 1),
       (select 'unread_event' from unread_event where session_id = $1 limit 1),
       (select 'unread_reminder' from unread_reminder where session_id = $1 limit 1)], null) as tables`,
    [sessionId],
  )
  return row?.tables
}
const all = ['webhook_session', 'unread_event', 'unread_reminder']

/** A session that has ended, of which everything was delivered, with an unread event. */
async function endSession(): Promise<number> {
  const { store, admin, sessionId } = await claimConversation(chat)
  await chat.post('admin/message/', admin, { session_id: sessionId, content: 'hello' })
  await until(() => receiver.accepted.some(({ data }) => data.store?.id === store.id), DEADLINE_MS, 'unread is told of')
  await chat.post('store/close/', store)
  await until(() => receiver.firsts().includes(`${sessionId}:4`), DEADLINE_MS)
  const isSettled = async () => {
    const rows = await database.query(
      `select from webhook_session ws join unread_reminder r using (session_id) where session_id = $1
       and ws.due_at is null and r.due_at is null`,
      [sessionId],
    )
    return rows.length === 1
  }
  await until(isSettled, DEADLINE_MS, 'nothing is due')
  return sessionId
}

/** Lets days pass for a session, and sweeps. */
async function age(sessionId: number): Promise<void> {
  await database.query(`update chat_session set closed_at = closed_at - interval '25 hours' where id = $1`, [sessionId])
  await database.query(`update unread_event set created = created - interval '8 days' where session_id = $1`, [
    sessionId,
  ])
}
const sweepAll = () =>
  database.query(
    `update event_cursor set message_id = next_message_id, change_id = next_change_id, unread_id = next_unread_id`,
  )
const forgetSweeps = () => database.query(`update event_cursor set message_id = 0, change_id = 0, unread_id = 0`)

t.test('what was kept of a session goes a day after its end, when everything was delivered', async (t) => {
  const sessionId = await endSession()
  const { sessionId: openId } = await openConversation(chat)
  await until(async () => ((await tablesOf(openId)) ?? []).length === 1, DEADLINE_MS)
  await clean()
  t.same(await tablesOf(sessionId), all, 'not at once')
  await age(sessionId)
  await forgetSweeps()
  await clean()
  t.same(await tablesOf(sessionId), all, 'not while a sweep may meet it again')
  await until(async () => {
    await sweepAll()
    await clean()
    return (await tablesOf(sessionId))?.length === 0
  }, DEADLINE_MS)
  t.same(await tablesOf(openId), ['webhook_session'], 'an open one stays')

  await t.test('and nothing of it is delivered again', async (t) => {
    const before = receiver.accepted.length
    // Of an earlier node, which had waited for long.
    await database.query(
      `insert into unread_event (session_id, first_message_id, last_message_id, message_count, store_online)
       select session_id, id, id, 1, false from chat_message where session_id = $1`,
      [sessionId],
    )
    await until(() => receiver.accepted.length > before, DEADLINE_MS)
    t.same(
      receiver.accepted.slice(before).map(({ type }) => type),
      ['message.unread'],
    )
  })

  await t.test('a delivery can be replayed still', async (t) => {
    const { body } = await callPlatform(node, 'GET', `${id}/deliveries/?limit=200`)
    const logged = body.data.find(
      (row: { session_id: number; seq: number }) => row.session_id === sessionId && row.seq === 3,
    )
    t.match((await callPlatform(node, 'POST', `deliveries/${logged.id}/replay/`)).body, { status: 'delivered' })
  })
})

t.test('what was not delivered stays', async (t) => {
  const sessionId = await endSession()
  await age(sessionId)
  const states = ['unread_id = 0', "due_at = now() + interval '1 day'", 'failed_at = now()', 'seq = seq - 1']
  for (const state of states) {
    await database.query(`update webhook_session set ${state} where session_id = $1`, [sessionId])
    await sweepAll()
    await clean()
    t.ok((await tablesOf(sessionId))?.includes('webhook_session'), state)
    await database.query(
      `update webhook_session set due_at = null, failed_at = null, seq = 4,
       unread_id = coalesce((select max(id) from unread_event), unread_id) where session_id = $1`,
      [sessionId],
    )
  }
})

t.test('a session that was deleted leaves nothing', async (t) => {
  await database.query(
    `insert into webhook_session (webhook_id, session_id, seq, unread_id) values ($1, 1000000, 5, 0)`,
    [id],
  )
  await database.query(`insert into unread_reminder (session_id) values (1000000)`)
  await clean()
  t.same(await tablesOf(1_000_000), [])
})
