import t from 'tap'
import { addAdmin, addStore } from '../../support/chat/accounts.js'
import { claimConversation, openConversation } from '../../support/chat/conversations.js'
import type { NetworkKind } from '../../support/nodes/network.js'
import { startPair } from '../../support/chat/pair.js'
import { enter, type SocketClient } from '../../support/clients/socket-client.js'

for (const kind of ['local', 'redis'] satisfies NetworkKind[]) {
  t.test(`who is told what (${kind} pubsub)`, async (t) => {
    const { here, there, chat } = await startPair(t, { network: kind })
    const { database } = here
    const { post } = chat
    const act = async (path: string, admin: { token: string }, body: object) => {
      const answer = await post(`admin/${path}/`, admin, body)
      t.equal(answer.status, 200, path)
    }
    /** A new session is sent to every admin, after all earlier frames. */
    const fence = async (...sockets: SocketClient[]) => {
      const { sessionId } = await openConversation(chat)
      for (const socket of sockets) await socket.next('session_update', ({ session }) => session.id === sessionId)
    }

    t.test('while nobody holds a session, every admin is told; then its holder alone', async (t) => {
      const { store, admin, sessionId } = await openConversation(chat)
      const other = await addAdmin(database)
      const forStore = await enter(t, there, 'store', store)
      const [holder, outsider] = [await enter(t, here, 'admin', admin), await enter(t, there, 'admin', other)]
      forStore.send('message', { content: 'open' })
      for (const socket of [forStore, holder, outsider]) t.match(await socket.next('message'), { seq: 2 })
      await act('session/claim', admin, { session_id: sessionId })
      for (const socket of [forStore, holder, outsider]) {
        t.match(await socket.next('session_update'), { seq: 3, session: { status: 'claimed', admin_id: admin.id } })
      }
      t.match(await forStore.next('admin_connected'), { admin_id: admin.id, message: /./ })
      forStore.send('message', { content: 'claimed' })
      holder.send('message', { content: 'answer', session_id: sessionId })
      for (const socket of [forStore, holder])
        t.strictSame([(await socket.next('message')).seq, (await socket.next('message')).seq], [4, 5])
      await fence(outsider)
      t.equal(outsider.all('message').length, 1, 'an outsider is told no message of it')

      await act('session/transfer', admin, { session_id: sessionId, admin_id: other.id })
      for (const socket of [forStore, holder, outsider])
        t.match(await socket.next('session_update', ({ seq }) => seq === 6), { session: { admin_id: other.id } })
      t.match(await forStore.next('admin_disconnected'), { admin_id: admin.id, message: /./ })
      forStore.send('message', { content: 'transferred' })
      t.match(await outsider.next('message'), { seq: 7 })
      await fence(holder)
      t.equal(holder.all('message').length, 3, 'nor is one who gave it away')

      await act('session/release', other, { session_id: sessionId })
      t.match(await forStore.next('session_update', ({ seq }) => seq === 8), {
        session: { status: 'open', admin_id: null },
      })
      t.match(await forStore.next('admin_disconnected'), { admin_id: other.id })
      forStore.send('message', { content: 'released' })
      for (const socket of [holder, outsider]) t.match(await socket.next('message'), { seq: 9 })
    })

    t.test('a store is told nothing of another', async (t) => {
      const [{ store }, { store: other }] = [await claimConversation(chat), await openConversation(chat)]
      const [socket, outsider] = [await enter(t, here, 'store', store), await enter(t, there, 'store', other)]
      socket.send('typing', { is_typing: true })
      socket.send('message', { content: 'for my admin' })
      await socket.next('message')
      outsider.send('message', { content: 'fence' })
      await outsider.next('message')
      t.strictSame(
        outsider.frames.map(({ type }) => type),
        ['ready', 'message'],
      )
      await post('store/close/', store)
      await socket.next('session_update', ({ session }) => session.status === 'closed')
      outsider.send('message', { content: 'another fence' })
      await outsider.next('message')
      t.equal(outsider.frames.length, 3)
    })

    t.test('of every create, claim and close every admin is told, with consecutive seqs', async (t) => {
      const admins = [
        await enter(t, here, 'admin', await addAdmin(database)),
        await enter(t, there, 'admin', await addAdmin(database)),
      ]
      const { admin, sessionId } = await claimConversation(chat)
      await act('close', admin, { session_id: sessionId })
      const mine = ({ session }: { session: { id: number } }) => session.id === sessionId
      for (const socket of admins) {
        for (const [place, status] of ['open', 'claimed', 'closed'].entries()) {
          t.match(await socket.next('session_update', mine), { seq: place + 1, session: { status } })
        }
      }
    })

    t.test('each of many sockets is told once, wherever it is', async (t) => {
      const { store, admin, sessionId } = await claimConversation(chat)
      const places = [here, there, here, there]
      const sockets = [
        ...(await Promise.all(places.map((node) => enter(t, node, 'store', store)))),
        ...(await Promise.all(places.map((node) => enter(t, node, 'admin', admin)))),
      ]
      sockets[0]?.send('message', { content: 'one' })
      await sockets[0]?.next('message')
      await act('message', admin, { session_id: sessionId, content: 'two' })
      await act('message', admin, { session_id: sessionId, content: 'three' })
      for (const socket of sockets) await socket.next('message', ({ seq }) => seq === 5)
      for (const socket of sockets)
        t.strictSame(
          socket.all('message').map(({ seq }) => seq),
          [3, 4, 5],
        )
    })

    t.test('the unread notifications are counted for those concerned, and counted down by reading', async (t) => {
      const { store, admin, sessionId } = await claimConversation(chat)
      const [holder, outsider] = [
        await enter(t, there, 'admin', admin),
        await enter(t, here, 'admin', await addAdmin(database)),
      ]
      const unread = async () => (await chat.get('admin/notifications/count/', admin)).body.data.count as number
      for (const content of ['a', 'b', 'c']) await post('store/message/', store, { content })
      const expected = await unread()
      t.ok(expected >= 3)
      await holder.next('new_notification', ({ count }) => count === expected)
      holder.send('read', { session_id: sessionId })
      await holder.next('new_notification', ({ count }) => count === expected - 3)
      t.equal(await unread(), expected - 3)
      await fence(outsider)
      t.strictSame(outsider.all('new_notification'), [])
      await post('store/message/', await addStore(database), { content: 'for all' })
      await outsider.next('new_notification')
      await holder.next('new_notification', ({ count }) => count === expected - 2)
    })
  })
}
