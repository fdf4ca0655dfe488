import t from 'tap'
import { addAdmin, addStore } from '../support/chat/accounts.js'
import { claimConversation, openConversation, sendMessages } from '../support/chat/conversations.js'
import type { NetworkKind } from '../support/nodes/network.js'
import { startPair } from '../support/chat/pair.js'
import { enter, type SocketClient } from '../support/clients/socket-client.js'

for (const kind of ['local', 'redis'] satisfies NetworkKind[]) {
  t.test(`what is read by one socket is read for the others of the account (${kind} relay)`, async (t) => {
    const { here, there, chat } = await startPair(t, { network: kind })
    const { post } = chat
    /** A message of the store reaches both sides after all earlier frames. */
    const fence = async (store: { token: string }, ...sockets: SocketClient[]) => {
      const { body } = await post('store/message/', store, { content: 'fence' })
      for (const socket of sockets) await socket.next('message', ({ message }) => message.id === body.message.id)
    }

    t.test('an admin reads by a socket: its other sockets are told, on every node; nobody else is', async (t) => {
      const { store, admin, sessionId } = await claimConversation(chat)
      const [reading, beside, elsewhere] = [
        await enter(t, here, 'admin', admin),
        await enter(t, here, 'admin', admin),
        await enter(t, there, 'admin', admin),
      ]
      const outsiders = [
        await enter(t, here, 'admin', await addAdmin(here.database)),
        await enter(t, there, 'store', store),
      ]
      const sent = await sendMessages(chat, store, 2)
      reading.send('read', { session_id: sessionId })
      for (const socket of [beside, elsewhere]) {
        t.strictSame(await socket.next('session_read'), { session_id: sessionId, up_to_message_id: sent[1] })
      }
      await fence(store, reading, beside, elsewhere)
      await outsiders[1]?.next('message_status', ({ status }) => status === 'read')
      const { sessionId: later } = await openConversation(chat)
      await outsiders[0]?.next('session_update', ({ session }) => session.id === later)
      for (const socket of [reading, ...outsiders]) t.strictSame(socket.all('session_read'), [])
    })

    t.test('over HTTP: all sockets are told, once for what was read', async (t) => {
      const { store, admin, sessionId } = await claimConversation(chat)
      const sockets = [await enter(t, here, 'store', store), await enter(t, there, 'store', store)]
      const { body } = await post('admin/message/', admin, { session_id: sessionId, content: 'an answer' })
      for (let times = 0; times < 2; times++) await post('message/read/', store, { session_id: sessionId })
      await fence(store, ...sockets)
      for (const socket of sockets) {
        t.strictSame(socket.all('session_read'), [{ session_id: sessionId, up_to_message_id: body.message.id }])
      }
    })

    t.test('a store reads by a socket, and reads a closed session over HTTP', async (t) => {
      const { store, admin, sessionId } = await claimConversation(chat)
      const [reading, other] = [await enter(t, here, 'store', store), await enter(t, there, 'store', store)]
      const { body: first } = await post('admin/message/', admin, { session_id: sessionId, content: 'one' })
      await reading.next('message')
      reading.send('read')
      t.match(await other.next('session_read'), { up_to_message_id: first.message.id })
      const { body: last } = await post('admin/message/', admin, { session_id: sessionId, content: 'two' })
      await post('admin/close/', admin, { session_id: sessionId })
      await post('message/read/', store, { session_id: sessionId })
      const expected = { session_id: sessionId, up_to_message_id: last.message.id }
      t.strictSame(await other.next('session_read'), expected)
      t.strictSame(await reading.next('session_read'), expected)
    })

    t.test('of an open session each admin hears of its own reading only', async (t) => {
      const { store, admin, sessionId } = await openConversation(chat)
      const second = await addAdmin(here.database)
      const [sent] = await sendMessages(chat, store, 1)
      const [one, other] = [await enter(t, here, 'admin', admin), await enter(t, there, 'admin', second)]
      const read = { session_id: sessionId, up_to_message_id: sent }
      await post('message/read/', admin, { session_id: sessionId })
      t.strictSame(await one.next('session_read'), read)
      await post('message/read/', second, { session_id: sessionId })
      t.strictSame(await other.next('session_read'), read, 'also when another has read it before')
      await post('store/message/', await addStore(here.database), { content: 'for all' })
      for (const socket of [one, other]) await socket.next('message')
      t.equal(one.all('session_read').length, 1)
    })
  })
}
