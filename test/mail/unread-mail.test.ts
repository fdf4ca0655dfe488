import t from 'tap'
import { readConfig, type Config } from '../../src/config/config.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation } from '../support/chat/conversations.js'
import { startMailServer } from '../support/platform/mail-server.js'
import { startNode } from '../support/nodes/node.js'
import { startReceiver } from '../support/platform/receiver.js'
import { until } from '../../harness/until.js'
import { createWebhook, webhookConfig } from '../support/platform/webhooks.js'

const DEADLINE_MS = 20_000
const mailServer = await startMailServer(t)
const { mails } = mailServer
const config: Partial<Config> = {
  ...webhookConfig(),
  unreadAfterMs: 0,
  limits: readConfig({ LIMIT_FAILED_AUTH_PER_MINUTE: '20' }).limits,
  mail: { smtpUrl: mailServer.url, from: 'Support <support@example.com>', publicUrl: 'https://chat.example.com' },
}
const node = await startNode(t, { config })
const { database } = node
const chat = createChatClient(node)

const sendAs = async (admin: { token: string }, sessionId: number, content: string) =>
  chat.post('admin/message/', admin, { session_id: sessionId, content })
const mailsTo = (address: string) => mails.filter(({ to }) => to.includes(address))
/** All messages were looked at, and there is nothing to do for now. */
const isLookedAt = async (sessionId: number) => {
  const rows = await database.query(
    `select from unread_reminder r where session_id = $1 and lease is null and (due_at is null or due_at > now())
     and seen_up_to = (select max(id) from chat_message where session_id = $1)
     and not exists (select from unread_mail m where session_id = $1 and (m.lease is not null or m.due_at <= now()))`,
    [sessionId],
  )
  return rows.length === 1
}
/** Lets the time pass that a mail must wait after the one before. A mail that is under way would keep the time it has read. */
const passQuarter = async (sessionId: number) => {
  await until(() => isLookedAt(sessionId), DEADLINE_MS)
  await database.query(
    `with passed as (update unread_reminder set mailed_at = mailed_at - interval '15 minutes' where session_id = $1)
     update unread_mail set due_at = now() where session_id = $1`,
    [sessionId],
  )
}

t.test('a store gets one mail, and a further one after a quarter of an hour at the earliest', async (t) => {
  const email = 'tech@example.com'
  const { store, admin, sessionId } = await claimConversation(chat, { email, name: 'Tech Store' })
  await sendAs(admin, sessionId, 'Your parcel is here.\r\n.\r\nGrüße')
  await until(() => mailsTo(email).length === 1, DEADLINE_MS)
  const [mail] = mailsTo(email)
  t.match(mail, { from: 'support@example.com', to: [email] })
  t.match(mail?.headers, {
    from: 'Support <support@example.com>',
    subject: '1 new message in your support chat',
    'auto-submitted': 'auto-generated',
    'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
    'list-unsubscribe': /^<https:\/\/chat\.example\.com\/mail\/unsubscribe\/\?store=\d+&signature=[\w-]{43}>$/,
  })
  t.match(mail?.body, 'Hello Tech Store,')
  t.match(mail?.body, '> Your parcel is here.')
  t.match(mail?.body, '> Grüße')
  t.match(mail?.body, 'https://chat.example.com/chat/\r\n')
  t.notMatch(mail?.body, store.token)

  await sendAs(admin, sessionId, 'second')
  await sendAs(admin, sessionId, 'third')
  await until(() => isLookedAt(sessionId), DEADLINE_MS)
  t.equal(mailsTo(email).length, 1)
  await passQuarter(sessionId)
  await until(() => mailsTo(email).length === 2, DEADLINE_MS)
  const [, next] = mailsTo(email)
  t.equal(next?.headers['subject'], '2 new messages in your support chat')
  t.match(next?.body, /> second[^]*> third/)
  t.notMatch(next?.body, 'parcel', 'what was in a mail is in no other')

  await t.test('what it has read is in none', async (t) => {
    await sendAs(admin, sessionId, 'fourth')
    await chat.post('message/read/', store, { session_id: sessionId })
    await passQuarter(sessionId)
    await until(() => isLookedAt(sessionId), DEADLINE_MS)
    await sendAs(admin, sessionId, 'fifth')
    await passQuarter(sessionId)
    await until(() => mailsTo(email).length >= 3, DEADLINE_MS)
    const third = mailsTo(email)[2]
    t.match(third?.body, '> fifth')
    t.notMatch(third?.body, 'fourth')
  })

  await t.test('one click unsubscribes', async (t) => {
    const link = /<(.*)>/.exec(mail?.headers['list-unsubscribe'] ?? '')?.[1] ?? ''
    const path = new URL(link).pathname + new URL(link).search
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const click = (to: string) => node.request('POST', to, { body: 'List-Unsubscribe=One-Click', headers: form })
    t.equal((await click(path.replace(/.$/, 'x').replace(/signature=./, 'signature=_'))).status, 404)
    t.equal((await click(path.replace(/store=\d+/, 'store=1'))).status, 404)
    const asked = await node.get(path)
    t.match(asked.text, '<button>Unsubscribe</button>')
    t.same(await database.query('select * from mail_unsubscribe'), [], 'looking at the page changes nothing')
    t.same([(await click(path)).status, (await click(path)).status], [200, 200])

    const before = mailsTo(email).length
    await sendAs(admin, sessionId, 'unwanted')
    await passQuarter(sessionId)
    await until(() => isLookedAt(sessionId), DEADLINE_MS)
    t.equal(mailsTo(email).length, before)

    await database.query(`update store set email = ' ' || email || ' ' where id = $1`, [store.id])
    await sendAs(admin, sessionId, 'unwanted at the same address, however it is written')
    await passQuarter(sessionId)
    await until(() => isLookedAt(sessionId), DEADLINE_MS)
    t.equal(mailsTo(email).length, before)
    t.equal((await click(path)).status, 200)
  })
})

t.test('an address that is none, or several, gets no mail, which is counted', async (t) => {
  const addresses = ['nobody', '@', 'a@', 'a b@example.com', 'a@example.com, b@example.com']
  const before = mails.length
  for (const [index, email] of [...addresses, 'a@example.com>\r\nBcc: b@example.com', ''].entries()) {
    const { admin, sessionId } = await claimConversation(chat, { email })
    await sendAs(admin, sessionId, 'hello')
    await until(() => isLookedAt(sessionId), DEADLINE_MS)
    t.equal(mails.length, before, email)
    t.equal(node.app.mailCounts.unaddressed, email === '' ? index : index + 1, email)
  }
})

t.test('white space around an address is left out', async (t) => {
  const { admin, sessionId } = await claimConversation(chat, { email: ' spaced@example.com\n' })
  await sendAs(admin, sessionId, 'hello')
  await until(() => mailsTo('spaced@example.com').length > 0, DEADLINE_MS)
  t.match(mailsTo('spaced@example.com'), [{ to: ['spaced@example.com'], body: '> hello' }])
})

t.test('a mail that the server cannot take now is sent later, once', async () => {
  const email = 'later@example.com'
  const { admin, sessionId } = await claimConversation(chat, { email })
  mailServer.refuse(451)
  await sendAs(admin, sessionId, 'patience')
  await until(async () => {
    const [row] = await database.query<{ attempts: number }>(
      'select attempts from unread_reminder where session_id = $1',
      [sessionId],
    )
    return row?.attempts === 1
  }, DEADLINE_MS)
  mailServer.refuse(undefined)
  await database.query('update unread_mail set due_at = now() where session_id = $1', [sessionId])
  await until(() => mailsTo(email).length === 1, DEADLINE_MS)
})

t.test('a mail server that does not answer delays nothing else', async (t) => {
  const receiver = await startReceiver(t)
  await createWebhook(node, receiver.url, ['message.unread'])
  const [held, email] = ['held@example.com', 'free@example.com']
  mailServer.hold(held)
  const slow = await claimConversation(chat, { email: held })
  await sendAs(slow.admin, slow.sessionId, 'never acknowledged')
  const isUnderWay = async () =>
    (await database.query('select from unread_mail where session_id = $1 and lease is not null', [slow.sessionId]))
      .length > 0
  await until(isUnderWay, DEADLINE_MS, 'the mail is under way')
  const free = await claimConversation(chat, { email })
  await sendAs(free.admin, free.sessionId, 'hello')
  await until(() => receiver.accepted.length === 2 && mailsTo(email).length === 1, DEADLINE_MS)
  t.ok(await isUnderWay())
})

t.test('message.unread is sent once for each unread run', async (t) => {
  const receiver = await startReceiver(t)
  await createWebhook(node, receiver.url, ['message.unread'])
  const { store, admin, sessionId } = await claimConversation(chat, { name: 'Quiet Store', email: 'quiet@example.com' })
  await sendAs(admin, sessionId, 'one')
  await until(() => receiver.accepted.length === 1, DEADLINE_MS)
  t.match(receiver.accepted[0], {
    type: 'message.unread',
    data: {
      session: { id: sessionId, status: 'claimed' },
      store: { id: store.id, name: 'Quiet Store', email: 'quiet@example.com' },
      count: 1,
      store_online: false,
      messages: [{ content: 'one', sender_type: 'admin' }],
    },
  })
  await sendAs(admin, sessionId, 'two')
  await until(() => isLookedAt(sessionId), DEADLINE_MS)
  await chat.post('message/read/', store, { session_id: sessionId })
  await sendAs(admin, sessionId, 'three')
  await until(() => receiver.accepted.length === 2, DEADLINE_MS)
  t.same(
    receiver.accepted.map(({ data }) => data.messages.map(({ content }: { content: string }) => content)),
    [['one'], ['three']],
  )
  t.equal(new Set(receiver.accepted.map(({ id }) => id)).size, 2)
})

t.test('guesses at the signature from one address are limited', async (t) => {
  const { limits } = node.app
  const guess = () => node.request('POST', '/mail/unsubscribe/?store=1&signature=x')
  const statuses = new Set<number>()
  const isLimited = async () => statuses.add((await guess()).status).has(429)
  // The block ends soon, so both are looked at together.
  await until(async () => (await isLimited()) && limits.isBlocked({ ip: '127.0.0.1' }), DEADLINE_MS)
  t.same(statuses, new Set([404, 429]))
})
