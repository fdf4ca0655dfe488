import t from 'tap'
import { addAdmin } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation, closeConversation, openConversation, sendMessages } from '../support/chat/conversations.js'
import { startNode } from '../support/nodes/node.js'

const chat = createChatClient(await startNode(t))
const { get, post } = chat
const { database } = chat.node

const claim = (admin: { token: string }, session_id: number) => post('admin/session/claim/', admin, { session_id })

t.test('a claim gives the session to the admin, with its store', async (t) => {
  const about = { name: 'Tech Store', logo_url: 'https://example.com/logo.png', email: 'hello@example.com' }
  const { store, admin, sessionId } = await openConversation(chat, about)
  const { status, body } = await claim(admin, sessionId)
  t.equal(status, 200)
  t.equal(Object.keys(body).join(), 'id,store_id,admin_id,status,last_message_at,created,updated,tags,priority,store')
  t.match(body, { id: sessionId, store_id: store.id, admin_id: admin.id, status: 'claimed' })
  t.strictSame(body.store, { id: store.id, ...about })
  const { messages, ...forStore } = (await get('store/session/', store)).body
  t.same(messages, [])
  t.strictSame({ ...forStore, tags: [], priority: 0 }, body, 'and the store sees the same, but what is for admins')
})

t.test('claiming what is already yours answers 200 and changes nothing', async (t) => {
  const { admin, sessionId } = await openConversation(chat)
  const first = await claim(admin, sessionId)
  const again = await claim(admin, sessionId)
  t.equal(again.status, 200)
  t.strictSame(again.body, first.body)
  const rows = await database.query('select seq::int, kind from chat_session_change where session_id = $1', [sessionId])
  t.same(rows, [
    { seq: 1, kind: 'create' },
    { seq: 2, kind: 'claim' },
  ])
})

t.test('what another holds or what is closed is a conflict, what is not there is not found', async (t) => {
  const [claimed, closed] = await Promise.all([claimConversation(chat), closeConversation(chat)])
  const other = await addAdmin(database)
  const { admin } = claimed
  t.match(await claim(other, claimed.sessionId), {
    status: 409,
    body: { message: `Admin ${admin.id} (admin ${admin.id}) has claimed this session` },
  })
  t.equal((await claim(other, closed.sessionId)).status, 409)
  t.equal((await claim(closed.admin, closed.sessionId)).status, 409, 'a closed session stays closed')
  t.equal((await claim(other, Number.MAX_SAFE_INTEGER)).status, 404)
  t.match((await get('admin/session/', claimed.admin, { session_id: claimed.sessionId })).body, {
    admin_id: claimed.admin.id,
  })
})

t.test('a session id is a positive integer', async (t) => {
  const { admin, sessionId } = await openConversation(chat)
  for (const id of [String(sessionId), [sessionId], 0, -1, 1.5, 2 ** 53, 1e300, null, true, {}, undefined]) {
    const { status, body } = await post('admin/session/claim/', admin, { session_id: id })
    t.equal(status, 400, JSON.stringify(id))
    t.equal(body.errors[0].field, 'session_id')
  }
  t.equal((await get('admin/sessions/my/', admin)).body.count, 0)
})

t.test('an admin sees an open session and its own whole, and no other', async (t) => {
  const { store, admin, sessionId } = await openConversation(chat)
  const ids = await sendMessages(chat, store, 2)
  const other = await addAdmin(database)
  const fetch = (reader: { token: string }) => get('admin/session/', reader, { session_id: sessionId })
  for (const reader of [admin, other]) {
    const { status, body } = await fetch(reader)
    t.equal(status, 200)
    t.equal(
      Object.keys(body).join(),
      'id,store_id,admin_id,status,last_message_at,created,updated,tags,priority,store,messages,rating',
    )
    t.same(
      body.messages.map(({ id }: { id: number }) => id),
      ids,
    )
  }
  await claim(admin, sessionId)
  t.equal((await fetch(admin)).status, 200)
  t.equal((await fetch(other)).status, 403)
  await post('admin/close/', admin, { session_id: sessionId })
  const closed = await fetch(admin)
  t.equal(closed.body.status, 'closed')
  t.equal(
    Object.keys(closed.body).join(),
    'id,store_id,admin_id,status,last_message_at,created,updated,closed_at,tags,priority,store,messages,rating',
  )
  t.equal((await fetch(other)).status, 403)
  t.equal((await get('admin/session/', admin, { session_id: Number.MAX_SAFE_INTEGER })).status, 404)
  t.equal((await get('admin/session/', admin)).status, 400)
})
