import t from 'tap'
import { addAdmin, type TestAccount } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation, openConversation } from '../support/chat/conversations.js'
import { startPair } from '../support/chat/pair.js'
import { lockNote, lockSession } from '../support/chat/session-lock.js'
import { enter } from '../support/clients/socket-client.js'

const platformToken = 'platform-token-for-tests'
const { here, there, chat } = await startPair(t, { network: 'redis', config: { platformToken } })
const elsewhere = createChatClient(there)
const { database } = here
const supervisor = await addAdmin(database, { role: 'supervisor', name: 'Ada' })

const write = (admin: TestAccount, session_id: number, content: string, more: object = {}) =>
  chat.post('admin/notes/', admin, { session_id, content, ...more })
const read = (admin: TestAccount, session_id: number, more: object = {}) =>
  chat.get('admin/notes/', admin, { session_id, ...more })
const contents = (body: { data: { content: string }[] }) => body.data.map(({ content }) => content)

t.test('notes are read in their order, page by page, with their authors', async (t) => {
  const { admin, sessionId } = await claimConversation(chat)
  t.strictSame((await read(admin, sessionId)).body, { data: [], has_more: false })
  const { body: first } = await write(admin, sessionId, ' one\n')
  t.match(first, { session_id: sessionId, admin_id: admin.id, admin_name: `Admin ${admin.id}`, content: ' one\n' })
  t.match((await write(supervisor, sessionId, 'two')).body, { admin_name: 'Ada' })
  await write(admin, sessionId, 'three')
  const { body } = await read(admin, sessionId)
  t.same(contents(body), [' one\n', 'two', 'three'])
  const { body: newest } = await read(admin, sessionId, { limit: 2 })
  t.match(newest, { has_more: true, data: [{ content: 'two' }, { content: 'three' }] })
  const { body: older } = await read(admin, sessionId, { limit: 2, before: newest.data[0].id })
  t.match(older, { has_more: false, data: [{ id: first.id }] })
  for (const content of ['', ' \n', 'x'.repeat(10_001), 'a\u0000', 'a\ud800']) {
    t.equal((await write(admin, sessionId, content)).status, 400)
  }
  t.equal((await write(admin, sessionId, 'x'.repeat(10_000))).status, 200)
})

t.test('a note that is sent again is stored once, also at the same moment on two nodes', async (t) => {
  const { admin, sessionId } = await claimConversation(chat)
  const { sessionId: otherId } = await openConversation(chat)
  const watcher = await enter(t, there, 'admin', supervisor)
  const note = { session_id: sessionId, content: 'once', client_note_id: 'a' }
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, place) => (place % 2 === 0 ? chat : elsewhere).post('admin/notes/', admin, note)),
  )
  t.same([...new Set(answers.map(({ status }) => status))], [200])
  t.equal(new Set(answers.map(({ body }) => body.id)).size, 1)
  t.same(contents((await read(admin, sessionId)).body), ['once'])
  t.equal((await write(admin, sessionId, 'another', { client_note_id: 'a' })).status, 409)
  t.equal((await write(admin, otherId, 'once', { client_note_id: 'a' })).status, 409)
  t.equal(
    (await write(supervisor, sessionId, 'once', { client_note_id: 'a' })).status,
    200,
    'ids are those of an author',
  )
  await watcher.next('note', ({ note }) => note.admin_id === supervisor.id)
  t.equal(watcher.all('note').filter(({ note }) => note.admin_id === admin.id).length, 1, 'and told once')
})

t.test('its author and supervisors delete a note; of two at once one is told that it is gone', async (t) => {
  const { admin, sessionId } = await claimConversation(chat)
  const colleague = await addAdmin(database)
  const { body: note } = await write(admin, sessionId, 'secret')
  t.equal(
    (await chat.delete(`admin/notes/${note.id}/`, colleague)).status,
    404,
    'it cannot be told from one that is not',
  )
  const open = await openConversation(chat)
  const { body: readable } = await write(admin, open.sessionId, 'for all')
  t.equal((await chat.delete(`admin/notes/${readable.id}/`, colleague)).status, 403)
  const watcher = await enter(t, there, 'admin', admin)
  const answers = await Promise.all([
    chat.delete(`admin/notes/${note.id}/`, admin),
    elsewhere.delete(`admin/notes/${note.id}/`, supervisor),
  ])
  t.same(answers.map(({ status }) => status).toSorted(), [200, 404])
  t.strictSame(await watcher.next('note'), { note: { ...note, content: '', deleted: true } })
  t.equal((await chat.delete(`admin/notes/${note.id}/`, admin)).status, 404)
  t.same((await read(admin, sessionId)).body.data, [])
  t.same(await database.query('select from chat_note where id = $1', [note.id]), [], 'nothing of it is kept')
  t.equal(watcher.all('note').length, 1)
})

t.test('a note reaches who may read the session, and nobody else', async (t) => {
  const [open, claimed] = [await openConversation(chat), await claimConversation(chat)]
  const { admin } = claimed
  const colleague = await addAdmin(database)
  const sockets = {
    holder: await enter(t, here, 'admin', admin),
    holderElsewhere: await enter(t, there, 'admin', admin),
    supervisor: await enter(t, there, 'admin', supervisor),
    colleague: await enter(t, there, 'admin', colleague),
    store: await enter(t, here, 'store', claimed.store),
    openStore: await enter(t, there, 'store', open.store),
  }
  await write(admin, claimed.sessionId, 'of the claimed one')
  await write(colleague, open.sessionId, 'of the open one')
  const told = async (name: keyof typeof sockets) => {
    const socket = sockets[name]
    if (name !== 'store' && name !== 'openStore') await socket.next('note', ({ note }) => /open/.test(note.content))
    socket.send('ping')
    await socket.next('pong')
    return socket.all('note').map(({ note }) => note.content as string)
  }
  const both = ['of the claimed one', 'of the open one']
  t.same((await told('holder')).toSorted(), both)
  t.same((await told('holderElsewhere')).toSorted(), both, "the author's other sockets, too")
  t.same((await told('supervisor')).toSorted(), both)
  t.same(await told('colleague'), ['of the open one'])
  t.same(await told('store'), [])
  t.same(await told('openStore'), [])
})

t.test('who gets notes follows the role while the socket stays', async (t) => {
  const { admin, sessionId } = await claimConversation(chat)
  const { id, token } = await addAdmin(database)
  const socket = await enter(t, there, 'admin', { token })
  const put = (role: string) =>
    here.request('PUT', `/v1/chat/platform/admins/${id}/`, { token: platformToken, body: { name: 'Eve', role } })
  const reads = async () => (await elsewhere.get('admin/notes/', { token }, { session_id: sessionId })).status
  await put('supervisor')
  while ((await reads()) !== 200) await write(admin, sessionId, 'before')
  await write(admin, sessionId, 'as a supervisor')
  await socket.next('note', ({ note }) => note.content === 'as a supervisor')
  await put('agent')
  while ((await reads()) !== 403) await write(admin, sessionId, 'between')
  await write(admin, sessionId, 'as an agent')
  const own = await openConversation(chat)
  await chat.post('admin/notes/', { token }, { session_id: own.sessionId, content: 'own' })
  await socket.next('note', ({ note }) => note.content === 'own')
  t.notOk(socket.all('note').some(({ note }) => note.content === 'as an agent'))
})

t.test('a transfer and its note are one: both, or neither', async (t) => {
  const { admin, sessionId: session_id } = await claimConversation(chat)
  const heir = await addAdmin(database)
  const colleague = await addAdmin(database)
  const [forHeir, forAuthor, forColleague] = [
    await enter(t, there, 'admin', heir),
    await enter(t, here, 'admin', admin),
    await enter(t, here, 'admin', colleague),
  ]
  const transfer = (who: TestAccount, to: number, note: string) =>
    chat.post('admin/session/transfer/', who, { session_id, admin_id: to, note })
  t.equal((await transfer(colleague, colleague.id, 'stolen')).status, 403)
  t.equal((await transfer(admin, Number.MAX_SAFE_INTEGER, 'to nobody')).status, 404)
  t.equal((await transfer(admin, heir.id, ' ')).status, 400)
  t.equal((await transfer(admin, admin.id, 'to myself')).status, 409)
  t.same((await read(admin, session_id)).body.data, [], 'without a transfer there is no note')
  t.match((await transfer(admin, heir.id, 'knows the customer')).body, { admin_id: heir.id, tags: [] })
  t.match((await read(heir, session_id)).body, { data: [{ admin_id: admin.id, content: 'knows the customer' }] })
  for (const socket of [forHeir, forAuthor]) t.match(await socket.next('note'), { note: { admin_id: admin.id } })
  await forColleague.next('session_update', ({ session }) => session.admin_id === heir.id)
  forColleague.send('ping')
  await forColleague.next('pong')
  t.same(forColleague.all('note'), [])
  t.equal((await read(admin, session_id)).status, 403)
})

t.test('who may write is decided by who holds the session when it is the turn', async (t) => {
  const { admin, sessionId: session_id } = await claimConversation(chat)
  const heir = await addAdmin(database)
  const lock = await lockSession(database, session_id)
  const transfer = await lock.enqueue(() =>
    chat.post('admin/session/transfer/', admin, { session_id, admin_id: heir.id }),
  )
  const note = await lock.enqueue(() => elsewhere.post('admin/notes/', admin, { session_id, content: 'too late' }))
  await lock.release()
  t.equal((await transfer.answer).status, 200)
  t.equal((await note.answer).status, 403)
  t.same((await read(heir, session_id)).body.data, [])
})

t.test('a note that is deleted during a transfer is with nobody afterwards, whichever comes first', async (t) => {
  for (const isDeletedFirst of [true, false]) {
    const { admin, sessionId: session_id } = await claimConversation(chat)
    const heir = await addAdmin(database)
    const forHeir = await enter(t, there, 'admin', heir)
    const { body: note } = await write(admin, session_id, 'to be deleted')
    const acts = {
      remove: () => elsewhere.delete(`admin/notes/${note.id}/`, admin),
      transfer: () =>
        chat.post('admin/session/transfer/', admin, { session_id, admin_id: heir.id, note: 'the reason' }),
    }
    const lock = await (isDeletedFirst ? lockNote(database, note.id) : lockSession(database, session_id))
    const first = await lock.enqueue(isDeletedFirst ? acts.remove : acts.transfer)
    const second = await lock.enqueue(isDeletedFirst ? acts.transfer : acts.remove)
    await lock.release()
    t.same([(await first.answer).status, (await second.answer).status], [200, 200])
    t.same(contents((await read(heir, session_id)).body), ['the reason'])
    await forHeir.next('note', ({ note }) => note.content === 'the reason')
    // It may have read the note before.
    if (!isDeletedFirst) await forHeir.next('note', ({ note: told }) => told.id === note.id && told.deleted)
    t.notOk(forHeir.all('note').some(({ note: told }) => told.id === note.id && !told.deleted))
  }
})
