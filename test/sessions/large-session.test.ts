import t from 'tap'
import { readActiveSessions } from '../../src/sessions/read-session.js'
import { addStore } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation } from '../support/chat/conversations.js'
import { noLimits } from '../../harness/no-limits.js'
import { startNode } from '../support/nodes/node.js'
import { addMessages } from '../support/chat/sessions.js'
import { captureStatements } from '../support/databases/statements.js'

const chat = createChatClient(await startNode(t, { config: { sessionCacheMb: 8, limits: noLimits } }))
const { get, post, node } = chat
const { app, database } = node

async function openLargeSession(count: number, length: number) {
  const conversation = await claimConversation(chat)
  const messages = Array.from({ length: count }, (_, place) => ({
    side: place % 3 === 0 ? ('admin' as const) : ('store' as const),
    content: `${place} ${'\u0001👋'.repeat(length / 2)}`,
    clientMessageId: `message ${place}`,
  }))
  await addMessages(database, conversation.sessionId, messages)
  return conversation
}

t.test('a large session is the same in parts, whatever happens in it', async (t) => {
  for (const [count, length] of [
    [250, 1500],
    [200, 2000],
    [60, 5000],
    [15, 9000],
  ] as const) {
    const { store, admin, sessionId: session_id } = await openLargeSession(count, length)
    const acts = {
      'nothing has happened': () => undefined,
      'it was read just now': () => undefined,
      'an admin has fetched it': () => get('admin/messages/', admin, { session_id }),
      'the admin has read it': () => post('message/read/', admin, { session_id }),
      'the admin has written': () => post('admin/message/', admin, { session_id, content: 'hello' }),
      'the store has written': () => post('store/message/', store, { content: 'hello' }),
      'it is open again': () => post('admin/session/release/', admin, { session_id }),
    }
    for (const [what, act] of Object.entries(acts)) {
      await act()
      const inParts = await get('store/session/', store)
      const together = (await readActiveSessions(app.db, [store.id])).get(store.id)
      t.equal(inParts.text, together?.view, `${count} messages, ${what}`)
    }
    t.equal((await post('store/close/', store)).status, 200)
    t.match((await get('store/session/', store)).body, { status: 'open', messages: [] })
    t.match((await get('store/session/', store)).body, { status: 'open', messages: [] })
  }
})

t.test('a session that is known to be large is read in small parts, and never together with another', async (t) => {
  const { store } = await openLargeSession(200, 3000)
  await get('store/session/', store)
  const others = await Promise.all(Array.from({ length: 10 }, () => addStore(database)))
  await Promise.all(others.map((other) => get('store/session/', other)))
  const statements = captureStatements(t)
  await Promise.all([store, ...others, store, ...others].map((account) => get('store/session/', account)))
  const ofLarge = statements.filter(({ values }) => values.flat().includes(store.id))
  t.ok(ofLarge.length > 0 && ofLarge.length <= 2, 'two requests at once share a read')
  for (const { values } of ofLarge) t.notOk(values.flat().some((value) => others.some(({ id }) => id === value)))
  t.ok(statements.filter(({ text }) => text.includes('limit')).length >= 50)
})
