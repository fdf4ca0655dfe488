import t from 'tap'
import { addAdmin, addStore } from '../support/chat/accounts.js'
import { startNode } from '../support/nodes/node.js'
import { addMessages, claimSession, closeSession } from '../support/chat/sessions.js'

const node = await startNode(t)
const { database } = node
const getSession = (token: string) => node.get('/v1/chat/store/session/', { token })
const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

t.test('a store without a session gets a new one, key for key as published', async (t) => {
  const store = await addStore(database)
  const { status, body } = await getSession(store.token)
  t.equal(status, 200)
  t.equal(
    Object.keys(body).join(),
    'id,store_id,admin_id,status,last_message_at,created,updated,messages',
    'no store and no closed_at while open',
  )
  t.match(body, { store_id: store.id, admin_id: null, status: 'open', messages: [] })
  t.ok(Number.isSafeInteger(body.id))
  for (const key of ['created', 'updated', 'last_message_at']) t.match(body[key], moment)
  t.equal(body.last_message_at, body.created)
})

t.test('asking again gives the same session', async (t) => {
  const store = await addStore(database)
  const first = await getSession(store.token)
  const second = await getSession(store.token)
  t.same(second.body, first.body)
})

t.test('the path without its final slash is the same', async (t) => {
  const store = await addStore(database)
  const withSlash = await getSession(store.token)
  const without = await node.get('/v1/chat/store/session', { token: store.token })
  t.equal(without.status, 200)
  t.same(without.body, withSlash.body)
})

t.test('a claimed session comes with its store, key for key as published', async (t) => {
  const about = { name: 'Tech Store', logo_url: 'https://example.com/logo.png', email: 'hello@example.com' }
  const [store, admin] = await Promise.all([addStore(database, about), addAdmin(database)])
  const { body: opened } = await getSession(store.token)
  await claimSession(database, store.id, admin.id)
  const { status, body } = await getSession(store.token)
  t.equal(status, 200)
  t.equal(
    Object.keys(body).join(),
    'id,store_id,admin_id,status,last_message_at,created,updated,store,messages',
    'no closed_at',
  )
  t.match(body, { id: opened.id, admin_id: admin.id, status: 'claimed' })
  t.same(body.store, { id: store.id, ...about })
})

t.test('after a session was closed there is a new one', async (t) => {
  const store = await addStore(database)
  const { body: first } = await getSession(store.token)
  await closeSession(database, store.id)
  const { body: second } = await getSession(store.token)
  t.equal(second.status, 'open')
  t.ok(second.id > first.id)
  t.same(second.messages, [])
})

t.test('the 200 newest messages come oldest first', async (t) => {
  const store = await addStore(database)
  const { body: session } = await getSession(store.token)
  const contents = Array.from({ length: 205 }, (_, index) => `message ${index}`)
  await addMessages(
    database,
    session.id,
    contents.map((content) => ({ content })),
  )
  const { body } = await getSession(store.token)
  t.same(
    body.messages.map((message: { content: string }) => message.content),
    contents.slice(5),
  )
  t.ok(body.messages.every(({ id }: { id: number }, index: number) => index === 0 || id > body.messages[index - 1].id))
})

t.test('a message has the one shape it has everywhere', async (t) => {
  const [store, admin] = await Promise.all([addStore(database), addAdmin(database)])
  const { body: session } = await getSession(store.token)
  await claimSession(database, store.id, admin.id)
  const attachmentUrl = 'https://example.com/a.png'
  const [first, second] = await addMessages(database, session.id, [
    { content: 'Hello “世界” 👋\n"quoted"', clientMessageId: 'a-1' },
    { side: 'admin', attachmentUrl, attachmentType: 'image/png' },
  ])
  const { body } = await getSession(store.token)
  const [fromStore, fromAdmin] = body.messages
  t.match(fromStore.created, moment)
  t.strictSame(fromStore, {
    id: first,
    session_id: session.id,
    sender_type: 'store',
    sender_id: store.id,
    content: 'Hello “世界” 👋\n"quoted"',
    attachment_url: '',
    attachment_type: '',
    status: 'sent',
    created: fromStore.created,
    client_message_id: 'a-1',
  })
  t.strictSame(fromAdmin, {
    id: second,
    session_id: session.id,
    sender_type: 'admin',
    sender_id: admin.id,
    content: '',
    attachment_url: attachmentUrl,
    attachment_type: 'image/png',
    status: 'delivered',
    created: fromAdmin.created,
  })
})

t.test('a store sees its own session only', async (t) => {
  const [one, other] = await Promise.all([addStore(database), addStore(database)])
  const [first, second] = await Promise.all([getSession(one.token), getSession(other.token)])
  t.equal(first.body.store_id, one.id)
  t.equal(second.body.store_id, other.id)
  t.not(first.body.id, second.body.id)
})

t.test('a body on GET is not looked at', async (t) => {
  const store = await addStore(database)
  for (const body of ['{"store_id": 1}', '{ not json', 'x'.repeat(200_000)]) {
    const { status } = await node.get('/v1/chat/store/session/', { token: store.token, body })
    t.equal(status, 200)
  }
})

t.test('the platform may choose ids up to 2^53 - 1', async (t) => {
  const store = await addStore(database, { id: Number.MAX_SAFE_INTEGER })
  const { body } = await getSession(store.token)
  t.equal(body.store_id, Number.MAX_SAFE_INTEGER)
})
