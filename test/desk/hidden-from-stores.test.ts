import t from 'tap'
import { until } from '../../harness/until.js'
import type { Config } from '../../src/config/config.js'
import { addAdmin } from '../support/chat/accounts.js'
import { createChatClient, type OpenApiDocument } from '../support/chat/chat-client.js'
import { claimConversation } from '../support/chat/conversations.js'
import { enter, openSocket } from '../support/clients/socket-client.js'
import { startNode } from '../support/nodes/node.js'
import { startMailServer } from '../support/platform/mail-server.js'
import { startReceiver } from '../support/platform/receiver.js'
import { createWebhook, webhookConfig } from '../support/platform/webhooks.js'

const DEADLINE_MS = 20_000
/** In every note and tag, and in no message. */
const SECRET = 'among admins'
const words = new RegExp(`${SECRET}|"tags"|"priority"|"notes?"`)

t.test('of 1,000 notes, tags and a priority a store sees nothing, wherever it looks', async (t) => {
  const [mailServer, receiver] = [await startMailServer(t), await startReceiver(t)]
  const config: Partial<Config> = {
    ...webhookConfig(),
    unreadAfterMs: 0,
    mail: { smtpUrl: mailServer.url, from: 'Support <support@example.com>', publicUrl: 'https://chat.example.com' },
  }
  const node = await startNode(t, { config })
  const chat = createChatClient(node)
  await createWebhook(node, receiver.url)
  const { store, admin, sessionId: session_id } = await claimConversation(chat, { email: 'store@example.com' })
  const heir = await addAdmin(node.database)
  const live = await enter(t, node, 'store', store)
  const colleague = await enter(t, node, 'admin', admin)

  await chat.post('store/message/', store, { content: 'question' })
  const details = { tags: [SECRET], priority: 3 }
  t.match((await chat.post('admin/session/update/', admin, { session_id, ...details })).body, details)
  await node.database.query(
    `insert into chat_note (session_id, admin_id, content) select $1, $2, $3 || place from generate_series(1, 990) place`,
    [session_id, admin.id, SECRET],
  )
  for (let place = 991; place < 1000; place++) {
    t.equal((await chat.post('admin/notes/', admin, { session_id, content: `${SECRET} ${place}` })).status, 200)
  }
  await chat.post('admin/message/', admin, { session_id, content: 'answer' })
  const handOver = { session_id, admin_id: heir.id, note: `${SECRET} 1000` }
  t.equal((await chat.post('admin/session/transfer/', admin, handOver)).status, 200)
  t.equal((await chat.get('admin/notes/', heir, { session_id, limit: 200 })).body.data.length, 200, 'they are there')
  t.equal(colleague.all('note').length, 10, 'and are told')
  await until(() => mailServer.mails.length > 0, DEADLINE_MS, 'the mail comes')

  /** Everything that the store, its webhook or its mailbox gets. */
  const seen = new Map<string, string>()
  const resuming = await openSocket(t, node, 'store', store)
  await resuming.next('ready')
  resuming.send('resume', { sessions: { [session_id]: 0 } })
  await resuming.next('sync')

  const { paths = {} } = node.app.swagger() as unknown as OpenApiDocument
  const readable = Object.keys(paths).filter((path) => 'get' in (paths[path] ?? {}) && path.startsWith('/v1/chat/'))
  const answered: string[] = []
  const lookEverywhere = async (when: string) => {
    for (const path of readable) {
      const query = path.includes('{') ? '' : `?session_id=${session_id}&q=${encodeURIComponent(SECRET)}`
      const answer = await node.get(path.replaceAll(/\{\w+\}/g, `${session_id}`) + query, { token: store.token })
      seen.set(`GET ${path} ${when}`, answer.text)
      if (answer.status === 200) answered.push(path)
    }
  }
  await lookEverywhere('while it is active')
  const sent = await chat.post('store/message/', store, { content: 'thanks' })
  const read = await chat.post('message/read/', store, { session_id })
  const closed = await chat.post('store/close/', store)
  const rated = await chat.post('store/rating/', store, { session_id, score: 5 })
  for (const [name, { status, text }] of Object.entries({ sent, read, closed, rated })) {
    t.equal(status, 200, name)
    seen.set(name, text)
  }
  await lookEverywhere('when it is closed')
  const events = () => receiver.accepted.map(({ type }) => type)
  await until(() => events().includes('session.closed'), DEADLINE_MS, 'the webhook has all of it')
  live.send('ping')
  await live.next('pong')

  for (const [name, { frames }] of Object.entries({ live, resuming })) seen.set(name, JSON.stringify(frames))
  seen.set('webhook', receiver.requests.map(({ body }) => body).join('\n'))
  seen.set('mail', JSON.stringify(mailServer.mails))
  for (const [where, text] of seen) t.notMatch(text, words, where)
  t.match(seen.get('live'), /question[^]*answer[^]*thanks/, 'what it may see is there')
  t.match(seen.get('mail'), /answer/)
  for (const type of ['session.claimed', 'session.transferred', 'message.created']) t.ok(events().includes(type), type)
  for (const path of ['store/session/', 'store/sessions/', 'store/messages/', 'store/rating/']) {
    t.ok(answered.includes(`/v1/chat/${path}`), path)
  }
  const updates = [...colleague.all('session_update'), ...colleague.all('message')]
  t.ok(updates.length > 2)
  t.notMatch(JSON.stringify(updates), words, 'nor does a frame that goes to both sides')
})
