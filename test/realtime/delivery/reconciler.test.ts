import t from 'tap'
import { addAdmin, addStore } from '../../support/chat/accounts.js'
import { claimConversation, openConversation } from '../../support/chat/conversations.js'
import { createLossyNetwork } from '../../support/nodes/lossy-network.js'
import { startNode } from '../../support/nodes/node.js'
import { startPair } from '../../support/chat/pair.js'
import { addMessages } from '../../support/chat/sessions.js'
import { enter, type SocketClient } from '../../support/clients/socket-client.js'

/** Time in which events that pub/sub lost must arrive: two seconds, doubled because other tests run. */
const REPAIR_MS = 4000

t.test('what was committed and not published, before a silence', async (t) => {
  const network = createLossyNetwork(t)
  const { here, there, chat } = await startPair(t, { network })
  const { database } = here
  const sockets = async (store: { token: string }, admin: { token: string }) =>
    Promise.all([enter(t, there, 'store', store), enter(t, there, 'admin', admin)])
  t.beforeEach(() => network.mend())
  const seqs = (socket: SocketClient, id: number) =>
    socket.frames.flatMap(({ payload }) =>
      (payload.message?.session_id ?? payload.session?.id) === id && payload.seq !== undefined
        ? [payload.seq as number]
        : [],
    )

  t.test('a message that was never announced is told within two seconds', async (t) => {
    const { store, admin, sessionId } = await claimConversation(chat)
    const both = await sockets(store, admin)
    for (const content of ['first', 'second']) {
      await addMessages(database, sessionId, [{ content }])
      for (const socket of both) t.match(await socket.next('message', undefined, REPAIR_MS), { message: { content } })
    }
  })

  t.test('a message of an open session reaches every admin', async (t) => {
    const { store, admin, sessionId } = await openConversation(chat)
    const both = await sockets(store, admin)
    await addMessages(database, sessionId, [{ content: 'lost' }])
    for (const socket of both)
      t.match(await socket.next('message', undefined, REPAIR_MS), { message: { content: 'lost' } })
  })

  t.test('a sync that ends where live frames began does not claim what is still to come live', async (t) => {
    const { store, admin, sessionId } = await claimConversation(chat)
    const [socket] = await sockets(store, admin)
    await chat.post('store/message/', store, { content: 'live' })
    await socket.next('message')
    network.cut()
    await chat.post('store/message/', store, { content: 'not yet told' })
    socket.send('resume', { sessions: { [sessionId]: 0 } })
    const sync = await socket.next('sync')
    const late = await socket.next('message', ({ message }) => message.content === 'not yet told', REPAIR_MS)
    t.same(sync.messages, [])
    t.ok(sync.seq < late.seq, `${sync.seq} ${late.seq}`)
  })

  t.test('the answer to a repeated send does not overtake what its socket is still owed', async (t) => {
    const { store, admin } = await claimConversation(chat)
    const [socket] = await sockets(store, admin)
    network.cut()
    for (const id of ['one', 'two']) await chat.post('store/message/', store, { content: id, client_message_id: id })
    socket.send('message', { content: 'two', client_message_id: 'two' })
    await socket.next('message', ({ message }) => message.client_message_id === 'two')
    t.same(
      socket
        .all('message')
        .slice(0, 2)
        .map(({ message }) => message.content),
      ['one', 'two'],
      'then the answer, which repeats the second',
    )
  })

  t.test('a session is made, claimed, given away, released and closed without a word', async (t) => {
    const [store, admin, other] = [await addStore(database), await addAdmin(database), await addAdmin(database)]
    const all = [...(await sockets(store, admin)), await enter(t, there, 'admin', other)]
    network.cut()
    const {
      body: { id },
    } = await chat.get('store/session/', store)
    const step = async (seq: number) => {
      for (const socket of all)
        await socket.next('session_update', (payload) => payload.session.id === id && payload.seq === seq, REPAIR_MS)
    }
    await step(1)
    await chat.post('admin/session/claim/', admin, { session_id: id })
    await step(2)
    await chat.post('admin/session/transfer/', admin, { session_id: id, admin_id: other.id })
    await step(3)
    await chat.post('admin/session/release/', other, { session_id: id })
    await step(4)
    await chat.post('store/close/', store)
    await step(5)
  })

  t.test('a session that is made elsewhere before a new node has looked for the first time', async (t) => {
    network.cut()
    const store = await addStore(database)
    const fresh = await startNode(t, { database, network })
    const socket = await enter(t, fresh, 'store', store)
    const { body } = await chat.get('store/session/', store)
    t.match(await socket.next('session_update', undefined, REPAIR_MS), { session: { id: body.id }, seq: 1 })
  })

  t.test('a session that ends in silence while the next one begins aloud is told to its end', async (t) => {
    const { store, admin, sessionId } = await claimConversation(chat)
    const both = await sockets(store, admin)
    network.cut()
    await chat.post('store/message/', store, { content: 'last words' })
    await chat.post('store/close/', store)
    network.mend()
    const {
      body: { id },
    } = await chat.get('store/session/', store)
    for (const socket of both) {
      await socket.next('session_update', ({ session }) => session.id === id)
      await socket.next('message', ({ message }) => message.content === 'last words', REPAIR_MS)
      await socket.next('session_update', ({ session, seq }) => session.id === sessionId && seq === 4, REPAIR_MS)
      t.strictSame(seqs(socket, sessionId), [3, 4])
    }
  })

  t.test('a session that began and ended in silence is told all the same', async (t) => {
    const [store, admin] = [await addStore(database), await addAdmin(database)]
    const both = await sockets(store, admin)
    network.cut()
    const {
      body: { session },
    } = await chat.post('store/message/', store, { content: 'in vain' })
    await chat.post('store/close/', store)
    for (const socket of both) {
      await socket.next('session_update', ({ seq }) => seq === 3, REPAIR_MS)
      t.strictSame(seqs(socket, session.id), [1, 2, 3])
    }
  })

  t.test('a change that was lost is told to every admin, though its new holder comes meanwhile', async (t) => {
    const { store, admin, sessionId } = await openConversation(chat)
    const watching = await enter(t, there, 'admin', await addAdmin(database))
    network.cut()
    await chat.post('store/message/', store, { content: 'before the claim' })
    await chat.post('admin/session/claim/', admin, { session_id: sessionId })
    await chat.post('store/message/', store, { content: 'after the claim' })
    const holder = await enter(t, there, 'admin', admin)
    await watching.next('session_update', ({ seq }) => seq === 3, REPAIR_MS)
    t.strictSame(
      watching.all('message').map(({ message }) => message.content),
      ['before the claim'],
    )
    network.mend()
    await chat.post('store/message/', store, { content: 'aloud' })
    await holder.next('message', ({ message }) => message.content === 'aloud')
    t.strictSame(seqs(watching, sessionId), [2, 3])
  })
})
