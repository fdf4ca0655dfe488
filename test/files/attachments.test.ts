import t from 'tap'
import { addStore } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation } from '../support/chat/conversations.js'
import { startNode } from '../support/nodes/node.js'
import { enter } from '../support/clients/socket-client.js'
import { createJpeg } from '../support/files/pictures.js'
import { captureStatements } from '../support/databases/statements.js'
import { storeFile } from '../support/files/uploads.js'

const node = await startNode(t)
const chat = createChatClient(node)
const { post } = chat
const { database } = node
const jpeg = { name: 'a.jpg', bytes: createJpeg() }
const idOf = (url: string) => url.split('/').at(-2) ?? ''
const stateOf = async (url: string) => {
  const [row] = await database.query<{ state: string }>('select state from chat_file where id = $1', [idOf(url)])
  return row?.state
}

t.test('a message names a file of its sender, and gets the stored type', async (t) => {
  const { store, admin, sessionId } = await claimConversation(chat)
  const url = await storeFile(node, store, jpeg)
  const draft = { attachment_url: url, attachment_type: 'text/html', client_message_id: 'one' }
  const first = await post('store/message/', store, draft)
  t.equal(first.status, 200, first.text)
  t.match(first.body.message, { attachment_url: url, attachment_type: 'image/jpeg' })
  t.equal(await stateOf(url), 'named')
  const again = await post('store/message/', store, { ...draft, attachment_type: '' })
  t.equal(again.status, 200, 'the same again is the same message, whatever type it says')
  t.equal(again.body.message.id, first.body.message.id)
  const second = await post('store/message/', store, { attachment_url: url })
  t.equal(second.status, 200, 'a file may be named more than once')
  const own = await storeFile(node, admin, jpeg)
  t.equal((await post('admin/message/', admin, { session_id: sessionId, attachment_url: own })).status, 200)
})

t.test("a file of the session may be named by the session's other side", async (t) => {
  const { store, admin, sessionId } = await claimConversation(chat)
  const url = await storeFile(node, store, { ...jpeg, sessionId })
  t.equal((await post('admin/message/', admin, { session_id: sessionId, attachment_url: url })).status, 200)
  const answer = await storeFile(node, admin, { ...jpeg, sessionId })
  t.equal((await post('store/message/', store, { attachment_url: answer })).status, 200)
})

t.test('no other file may be named, wherever its address seems to lead', async (t) => {
  const [mine, other] = [await claimConversation(chat), await claimConversation(chat)]
  const url = await storeFile(node, mine.store, { ...jpeg, sessionId: mine.sessionId })
  const elsewhere = new URL(url)
  elsewhere.host = 'chat.example.com'
  const foreign = [url, elsewhere.href, `${url}?x`, `${url}#x`, url.replace(/\.jpg$/, ''), `${url}/`]
  const unknown = url.replace(idOf(url), 'x'.repeat(22))
  const before = await database.query('select seq from chat_session where id = $1', [other.sessionId])
  for (const attachment_url of [...foreign, unknown]) {
    const byStore = await post('store/message/', other.store, { attachment_url, content: 'look' })
    t.equal(byStore.status, 400, attachment_url)
    t.match(byStore.body.errors, [{ field: 'attachment_url' }])
    const byAdmin = await post('admin/message/', other.admin, { session_id: other.sessionId, attachment_url })
    t.equal(byAdmin.status, 400, attachment_url)
  }
  t.same(await database.query('select seq from chat_session where id = $1', [other.sessionId]), before)
  t.equal(await stateOf(url), 'stored')
  const inOwn = await post('admin/message/', mine.admin, { session_id: other.sessionId, attachment_url: url })
  t.equal(inOwn.status, 403, 'who may not write is told that first')
  for (const state of ['pending', 'deleting']) {
    await database.query('update chat_file set state = $1::file_state where id = $2', [state, idOf(url)])
    t.equal((await post('store/message/', mine.store, { attachment_url: url })).status, 400, state)
  }
  const abroad = await post('store/message/', other.store, { attachment_url: 'https://example.com/a/b.png' })
  t.equal(abroad.status, 200, 'addresses of others are nobody’s concern')
})

t.test('a store without a session is refused without one being made', async (t) => {
  const [owner, other] = [await addStore(database), await addStore(database)]
  const url = await storeFile(node, owner, jpeg)
  t.equal((await post('store/message/', other, { attachment_url: url })).status, 400)
  t.same(await database.query('select from chat_session where store_id = $1', [other.id]), [])
  t.equal((await post('store/message/', owner, { attachment_url: url })).status, 200)
})

t.test('over a socket a foreign file is an error that names the message, and others go on', async (t) => {
  const [mine, other] = [await claimConversation(chat), await claimConversation(chat)]
  const url = await storeFile(node, mine.store, jpeg)
  const socket = await enter(t, node, 'store', other.store)
  socket.send('message', { attachment_url: url, client_message_id: 'bad' })
  socket.send('message', { content: 'good', client_message_id: 'good' })
  t.match(await socket.next('error'), { code: 'invalid_input', client_message_id: 'bad', type: 'message' })
  t.match(await socket.next('message'), { message: { content: 'good' } })
})

t.test('messages without a file travel in a statement that knows of none', async (t) => {
  const { store } = await claimConversation(chat)
  const captured = captureStatements(t)
  await post('store/message/', store, { content: 'hello', attachment_url: 'https://example.com/a.png' })
  t.ok(captured.some(({ text }) => text.includes('insert into chat_message')))
  t.notOk(captured.some(({ text }) => text.includes('chat_file')))
})

t.test('concurrent messages that name one file are all stored', async (t) => {
  const { store, admin, sessionId } = await claimConversation(chat)
  const url = await storeFile(node, store, { ...jpeg, sessionId })
  const sends = Array.from({ length: 20 }, (_, index) =>
    index % 2 === 0
      ? post('store/message/', store, { attachment_url: url })
      : post('admin/message/', admin, { session_id: sessionId, attachment_url: url }),
  )
  for (const { status, text } of await Promise.all(sends)) t.equal(status, 200, text)
  const rows = await database.query('select from chat_message_file where file_id = $1', [idOf(url)])
  t.equal(rows.length, 20)
})

t.test('with PUBLIC_URL, addresses are made from it, and those of others are theirs', async (t) => {
  const publicUrl = 'https://chat.example.com/support'
  const other = await startNode(t, { database, config: { publicUrl } })
  const store = await addStore(database)
  const url = await storeFile(other, store, jpeg)
  t.ok(url.startsWith(`${publicUrl}/v1/chat/files/`))
  const send = async (attachment_url: string) =>
    (await other.post('/v1/chat/store/message/', { token: store.token, body: { attachment_url } })).status
  t.equal(await send(url), 200)
  t.equal(await send(url.replace(idOf(url), 'x'.repeat(22))), 400)
  t.equal(await send(`https://other.example.com/v1/chat/files/${'x'.repeat(22)}/a.png`), 200)
})
