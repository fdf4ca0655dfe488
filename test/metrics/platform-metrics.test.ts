import t from 'tap'
import { until } from '../../harness/until.js'
import { readConfig } from '../../src/config/config.js'
import { Prisma } from '../../src/generated/prisma/client.js'
import { addStore } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation } from '../support/chat/conversations.js'
import { startScanner } from '../support/files/scanner.js'
import { uploadFile } from '../support/files/uploads.js'
import { metricsUrl, scrape } from '../support/metrics/scrape.js'
import { startNode } from '../support/nodes/node.js'
import { AUDIENCE, createKey, nowInSeconds, sign, startKeyServer } from '../support/platform/jwt.js'
import { startMailServer } from '../support/platform/mail-server.js'
import { startReceiver } from '../support/platform/receiver.js'
import { createWebhook, webhookConfig } from '../support/platform/webhooks.js'

const DEADLINE_MS = 15_000
const DAY_MS = 86_400_000
const mailServer = await startMailServer(t)
const key = createKey('ES256', 'first')
const keyServer = await startKeyServer(t, [key])
let scannerSays = 'stream: OK\0'
const scanner = await startScanner(t, () => scannerSays)
const node = await startNode(t, {
  config: {
    ...webhookConfig({ retryDelaysMs: [DAY_MS] }),
    metrics: { host: '127.0.0.1', port: 0 },
    unreadAfterMs: 0,
    mail: { smtpUrl: mailServer.url, from: 'Support <support@example.com>', publicUrl: 'https://chat.example.com' },
    files: { ...readConfig({}).files, folder: `${t.testdir()}/files`, scanner },
    jwt: { algorithms: ['ES256'], jwksUrl: keyServer.url, audience: AUDIENCE },
  },
})
const chat = createChatClient(node)
const read = () => scrape(metricsUrl(node))

/** Waits until a metric has a value. */
const shows = (name: string, labels: Record<string, string>, value: number) =>
  until(
    async () => (await read()).value(name, labels) === value,
    DEADLINE_MS,
    `${name} ${JSON.stringify(labels)} ${value}`,
  )

t.test('attempts of webhooks by their outcome, and what waits', async (t) => {
  const good = await startReceiver(t)
  const bad = await startReceiver(t, () => 500)
  await createWebhook(node, good.url)
  const { id: refusing } = await createWebhook(node, bad.url)
  await createWebhook(node, 'http://127.0.0.1:1/events')
  await claimConversation(chat)
  const haveFailed = () =>
    node.database.query('select from webhook_session where attempts = 1 and lease is null and due_at > now()')
  await until(async () => good.accepted.length === 2 && (await haveFailed()).length === 2, DEADLINE_MS)

  await shows('store_chat_webhook_attempts_total', { outcome: 'delivered' }, 2)
  const { value } = await read()
  t.equal(value('store_chat_webhook_attempts_total', { outcome: 'refused' }), 1)
  t.equal(value('store_chat_webhook_attempts_total', { outcome: 'unanswered' }), 1)
  t.equal(value('store_chat_webhook_attempt_duration_seconds_count'), 4)
  t.equal(value('store_chat_webhooks', { state: 'working' }), 1)
  t.equal(value('store_chat_webhooks', { state: 'failing' }), 2)
  t.ok(Number(value('store_chat_webhook_oldest_event_age_seconds')) > 0)
  t.equal(value('store_chat_webhook_events_given_up_total'), 0)

  await node.database.query(
    `update webhook_session set due_at = now(), attempts = 2, first_failed_at = now() - interval '4 days' where webhook_id = $1`,
    [refusing],
  )
  t.ok(await shows('store_chat_webhook_events_given_up_total', {}, 1))
})

t.test('mails that were sent, that the server refused, and that it may take later', async (t) => {
  for (const [status, outcome] of [
    [undefined, 'sent'],
    [550, 'refused'],
    [451, 'failed'],
  ] as const) {
    mailServer.refuse(status)
    const { admin, sessionId } = await claimConversation(chat, { email: `${outcome}@example.com` })
    await chat.post('admin/message/', admin, { session_id: sessionId, content: 'Your parcel is here.' })
    t.ok(await shows('store_chat_mails_total', { outcome }, 1), outcome)
  }
  t.equal((await read()).value('store_chat_log_lines_total', { level: 'error' }), 0, 'the fault is not on this side')
})

t.test('uploads by what became of them, and what the scanner said', async (t) => {
  const store = await addStore(node.database)
  const bytes = 'a,b\n'.repeat(1000)
  const upload = async (name: string) => (await uploadFile(node, store, { name, bytes })).status
  t.equal(await upload('a.csv'), 200)
  t.equal(await upload('a.exe'), 415)
  scannerSays = 'stream: Eicar-Test-Signature FOUND\0'
  t.equal(await upload('b.csv'), 422)
  scannerSays = 'stream: ERROR\0'
  t.equal(await upload('c.csv'), 503)
  const { value } = await read()
  for (const [outcome, count] of Object.entries({ stored: 1, refused: 2, failed: 1, broken_off: 0 })) {
    t.equal(value('store_chat_uploads_total', { outcome }), count, outcome)
  }
  for (const [outcome, count] of Object.entries({ clean: 1, infected: 1, failed: 1 })) {
    t.equal(value('store_chat_upload_scans_total', { outcome }), count, outcome)
  }
  t.equal(value('store_chat_upload_duration_seconds_count'), 1)
  t.ok(Number(value('store_chat_upload_bytes_total')) >= 3 * bytes.length)
})

t.test('an upload whose client leaves is broken off', async (t) => {
  const store = await addStore(node.database)
  const leaving = new AbortController()
  const body = new ReadableStream({
    pull(controller) {
      controller.enqueue(
        Buffer.from('--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\na,b\n'),
      )
      setTimeout(() => leaving.abort(), 50)
      return new Promise(() => undefined)
    },
  })
  const headers = { authorization: `Token ${store.token}`, 'content-type': 'multipart/form-data; boundary=x' }
  const request = { method: 'POST', headers, body, duplex: 'half', signal: leaving.signal } as RequestInit
  await fetch(`${node.origin}/v1/chat/upload/`, request).catch(() => undefined)
  t.ok(await shows('store_chat_uploads_total', { outcome: 'broken_off' }, 1))
})

t.test('JWTs by the reason of their refusal, and readings of the key set', async (t) => {
  const stranger = createKey('ES256', 'first')
  const tokens = {
    expired: await sign({ sub: 'store:1', exp: nowInSeconds() - 60 }, key),
    claims: await sign({ sub: 'store:1', aud: 'another' }, key),
    signature: await sign({ sub: 'store:1' }, stranger),
    key: await sign({ sub: 'store:1' }, createKey('ES256', 'unknown')),
    malformed: 'a.b.c',
  }
  for (const token of Object.values(tokens)) t.equal((await chat.get('me/', { token })).status, 401)
  const { value } = await read()
  for (const reason of Object.keys(tokens)) t.equal(value('store_chat_jwt_refused_total', { reason }), 1, reason)
  t.equal(value('store_chat_jwt_key_set_reads_total', { outcome: 'read' }), 1)
  t.equal(value('store_chat_jwt_key_set_reads_total', { outcome: 'failed' }), 0)
})

t.test('statements of searches and reports that take too long are cut', async (t) => {
  const { db, close } = node.app.openReadPool({ databasePoolSize: 1, databaseStatementTimeoutMs: 50 })
  t.teardown(close)
  await t.rejects(db.pool.readText(Prisma.sql`select pg_sleep(5)::text`))
  t.ok(await shows('store_chat_database_cut_statements_total', { pool: 'reading' }, 1))
})
