import t from 'tap'
import { addAdmin, addStore } from '../../support/chat/accounts.js'
import { claimConversation } from '../../support/chat/conversations.js'
import type { NetworkKind } from '../../support/nodes/network.js'
import { startPair } from '../../support/chat/pair.js'
import { enter, openSocket } from '../../support/clients/socket-client.js'

for (const kind of ['local', 'redis'] satisfies NetworkKind[]) {
  t.test(`sockets on two nodes (${kind} pubsub)`, async (t) => {
    const { here, there, chat } = await startPair(t, { network: kind })
    const { database } = here

    t.test('ready comes first, with the active session and its seq', async (t) => {
      const [store, { store: known, sessionId }] = [await addStore(database), await claimConversation(chat)]
      const limits = { frame_bytes: 65_536, frames_per_second: 20, frame_burst: 40 }
      const fresh = await openSocket(t, here, 'store', store)
      const { epoch, ...first } = await fresh.next('ready')
      t.strictSame(first, { session: null, resume: true, account: { side: 'store', id: store.id }, limits })
      t.match(epoch, /^[\w-]{16}$/)
      const socket = await openSocket(t, there, 'store', known, { inQuery: true })
      const { session, resume } = await socket.next('ready')
      t.match({ resume, ...session }, { resume: true, id: sessionId, status: 'claimed', seq: 2 })
      t.equal(socket.frames[0]?.type, 'ready')
      const account = await addAdmin(database)
      const admin = await openSocket(t, there, 'admin', account)
      const toAdmin = {
        ...{ session: null, resume: true, epoch, limits },
        account: { side: 'admin', id: account.id, role: 'agent' },
      }
      t.strictSame(await admin.next('ready'), toAdmin)
    })

    t.test('a message over a socket and one over HTTP are the same act', async (t) => {
      const { store, admin, sessionId } = await claimConversation(chat)
      const [forStore, forAdmin] = [await enter(t, there, 'store', store), await enter(t, here, 'admin', admin)]
      forStore.send('message', { content: 'socket', client_message_id: 's1' })
      const first = await forStore.next('message')
      const { body } = await chat.post('admin/message/', admin, { session_id: sessionId, content: 'http' })
      const second = await forStore.next('message')
      t.match(first, { seq: 3, message: { session_id: sessionId, content: 'socket', client_message_id: 's1' } })
      t.strictSame(second, { seq: 4, message: body.message }, 'one shape everywhere')
      t.strictSame(
        Object.keys(first.message)
          .filter((key) => key !== 'client_message_id')
          .sort(),
        Object.keys(second.message).sort(),
      )
      const again = await chat.post('store/message/', store, { content: 'socket', client_message_id: 's1' })
      t.equal(again.body.message.id, first.message.id, 'the id is remembered over HTTP as well')
      t.strictSame([await forAdmin.next('message'), await forAdmin.next('message')], [first, second])
    })

    t.test('a message sent again is acknowledged with the first, on any node, and told to nobody else', async (t) => {
      const { store, admin } = await claimConversation(chat)
      const [one, other] = [await enter(t, here, 'store', store), await enter(t, there, 'store', store)]
      const watching = await enter(t, there, 'admin', admin)
      const draft = { content: 'once', client_message_id: 'again' }
      one.send('message', draft)
      const { message, seq } = await one.next('message')
      await other.next('message')
      other.send('message', draft)
      t.match(await other.next('message'), { seq, message: { id: message.id } })
      one.send('message', { content: 'fence' })
      for (const socket of [one, other, watching])
        await socket.next('message', ({ message }) => message.content === 'fence')
      t.equal(one.all('message').length, 2)
      t.equal(watching.all('message').length, 2)
    })

    t.test('the fault of a client is told to its socket, which stays open', async (t) => {
      const { store, admin, sessionId } = await claimConversation(chat)
      const [forStore, forOther] = [
        await enter(t, here, 'store', store),
        await enter(t, here, 'admin', await addAdmin(database)),
      ]
      const code = async (act: () => void, socket = forStore) => {
        act()
        return (await socket.next('error')).code
      }
      t.equal(await code(() => forStore.socket.send('no json')), 'invalid_input')
      t.equal(await code(() => forStore.socket.send('[]')), 'invalid_input')
      t.equal(await code(() => forStore.send('unknown')), 'invalid_input')
      t.equal(await code(() => forStore.send('ready')), 'invalid_input')
      t.equal(await code(() => forStore.send('typing', { is_typing: 'yes' })), 'invalid_input')
      t.equal(await code(() => forStore.socket.send('{"type":"message","payload":null}')), 'invalid_input')
      forStore.send('message', { content: ' ', client_message_id: 'empty' })
      t.match(await forStore.next('error'), { code: 'invalid_input', client_message_id: 'empty', message: /content/ })
      forStore.send('message', { content: 'a', client_message_id: 'same' })
      await forStore.next('message')
      forStore.send('message', { content: 'b', client_message_id: 'same' })
      t.match(await forStore.next('error'), { code: 'conflict', client_message_id: 'same' })
      const toHeld = { session_id: sessionId, content: 'a', client_message_id: 'held' }
      forOther.send('message', toHeld)
      t.match(await forOther.next('error'), { code: 'forbidden', client_message_id: 'held' })
      forOther.send('message', { ...toHeld, session_id: 999_999_999 })
      t.match(await forOther.next('error'), { code: 'not_found' })
      t.equal(
        await code(() => forOther.send('typing', { session_id: sessionId, is_typing: true }), forOther),
        'forbidden',
      )
      t.equal(await code(() => forOther.send('read', { session_id: sessionId }), forOther), 'forbidden')
      await chat.post('admin/close/', admin, { session_id: sessionId })
      for (const socket of [forStore, forOther]) {
        socket.send('ping')
        t.strictSame(await socket.next('pong'), {})
      }
    })

    t.test('a message to nobody makes the session, and a closed one is followed by a new one', async (t) => {
      const store = await addStore(database)
      const [socket, other] = [await enter(t, here, 'store', store), await enter(t, there, 'store', store)]
      socket.send('message', { content: 'hello' })
      const { session, seq } = await other.next('session_update')
      t.match({ seq, ...session }, { seq: 1, status: 'open', admin_id: null })
      t.match(await other.next('message'), { seq: 2, message: { session_id: session.id } })
      await chat.post('store/close/', store)
      t.match(await other.next('session_update'), { seq: 3, session: { id: session.id, status: 'closed' } })
      other.send('message', { content: 'hello again' })
      const next = await socket.next('session_update', (payload) => payload.session.id !== session.id)
      t.match(next, { seq: 1, session: { status: 'open' } })
      t.match(await socket.next('message', ({ message }) => message.session_id === next.session.id), { seq: 2 })
    })
  })
}
