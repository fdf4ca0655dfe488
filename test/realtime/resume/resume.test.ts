import t from 'tap'
import { addAdmin, addStore } from '../../support/chat/accounts.js'
import { claimConversation, openConversation, sendMessages } from '../../support/chat/conversations.js'
import type { NetworkKind } from '../../support/nodes/network.js'
import { startPair } from '../../support/chat/pair.js'
import { addMessages } from '../../support/chat/sessions.js'
import { enter, type Payload, type SocketClient } from '../../support/clients/socket-client.js'

const ids = (messages: Payload[]) => messages.map(({ id }) => id as number)
const liveIds = (socket: SocketClient) => socket.all('message').map(({ message }) => message.id as number)

for (const kind of ['local', 'redis'] satisfies NetworkKind[]) {
  t.test(`resume (${kind} pubsub)`, async (t) => {
    const { here, there, chat } = await startPair(t, { network: kind })
    const { database } = here
    const resume = (socket: SocketClient, sessionId: number, after: number) =>
      socket.send('resume', { sessions: { [sessionId]: after } })

    t.test('a socket that was away is given exactly what it missed, and then the rest live', async (t) => {
      const conversation = await claimConversation(chat)
      const { store, admin, sessionId } = conversation
      const before = await enter(t, here, 'store', store)
      const seen = await sendMessages(chat, store, 3)
      const { seq } = await before.next('message', ({ message }) => message.id === seen[2])
      await before.close()
      const missed = await sendMessages(chat, store, 5)
      for (const [side, account] of [
        ['store', store],
        ['admin', admin],
      ] as const) {
        const after = await enter(t, there, side, account)
        resume(after, sessionId, seq)
        const sync = await after.next('sync')
        t.match(sync, {
          session: { id: sessionId, status: 'claimed' },
          seq: (seq as number) + missed.length,
          complete: true,
        })
        t.strictSame(ids(sync.messages), missed)
        const [live] = await sendMessages(chat, store, 1)
        t.match(await after.next('message'), { message: { id: live } })
        t.strictSame(liveIds(after), [live])
        missed.push(live ?? 0)
        await after.close()
      }
    })

    t.test('what was told live before the resume is not repeated, and nothing after it is lost', async (t) => {
      const { store, sessionId } = await claimConversation(chat)
      const missed = await sendMessages(chat, store, 4)
      const socket = await enter(t, there, 'store', store)
      const early = await sendMessages(chat, store, 2)
      await socket.next('message', ({ message }) => message.id === early[1])
      // Frames around the resume may arrive before, during or after it.
      const sending = sendMessages(chat, store, 30)
      for (let place = 0; place < 5; place++) {
        resume(socket, sessionId, 2)
        const sync = await socket.next('sync')
        t.strictSame(ids(sync.messages), missed, 'the sync ends where the live frames began')
      }
      const late = await sending
      const last = await sendMessages(chat, store, 1)
      await socket.next('message', ({ message }) => message.id === last[0])
      t.strictSame(liveIds(socket), [...early, ...late, ...last])
    })

    t.test('a sync while others write: nothing twice, nothing missing', async (t) => {
      const { store, sessionId } = await openConversation(chat)
      for (let round = 0; round < 10; round++) {
        const [{ seq }] = (await database.query<{ seq: string }>('select seq from chat_session where id = $1', [
          sessionId,
        ])) as [{ seq: string }]
        const sending = sendMessages(chat, store, 12)
        const socket = await enter(t, round % 2 === 0 ? there : here, 'store', store)
        resume(socket, sessionId, Number(seq))
        const sync = await socket.next('sync')
        const sent = await sending
        const fence = await sendMessages(chat, store, 1)
        await socket.next('message', ({ message }) => message.id === fence[0])
        t.strictSame([...ids(sync.messages), ...liveIds(socket)], [...sent, ...fence])
        await socket.close()
      }
    })

    t.test('what waits for a sync is delivered once it is sent, and a claim tells of the admin', async (t) => {
      const { store, admin, sessionId } = await openConversation(chat)
      const socket = await enter(t, here, 'store', store)
      const holder = await enter(t, here, 'admin', admin)
      const [connection] = here.app.hub.store.subscriptions.connectionsOf(store.id)
      connection?.hold(sessionId)
      await chat.post('admin/session/claim/', admin, { session_id: sessionId })
      const { body } = await chat.post('admin/message/', admin, { session_id: sessionId, content: 'while it resumes' })
      await holder.next('message')
      t.strictSame(liveIds(socket), [], 'it waits')
      connection?.release(sessionId)
      await socket.next('message')
      t.strictSame(
        socket.frames.slice(1).flatMap(({ type }) => (type === 'presence' ? [] : type)),
        ['session_update', 'admin_connected', 'message'],
      )
      t.match(await holder.next('message_status'), { status: 'delivered', up_to_message_id: body.message.id })
    })

    t.test('who missed too much is told so, and gets the oldest of it', async (t) => {
      const { store, sessionId } = await claimConversation(chat)
      const missed = await addMessages(
        database,
        sessionId,
        Array.from({ length: 201 }, (_, place) => ({ content: `${place}` })),
      )
      const socket = await enter(t, here, 'store', store)
      resume(socket, sessionId, 2)
      const sync = await socket.next('sync')
      t.match(sync, { complete: false, seq: 203 })
      t.strictSame(ids(sync.messages), missed.slice(0, 200))
      resume(socket, sessionId, 3)
      t.match(await socket.next('sync'), { complete: true, seq: 203, messages: { length: 200 } })
      resume(socket, sessionId, 203)
      t.match(await socket.next('sync'), { complete: true, seq: 203, messages: { length: 0 } })
    })

    t.test("another's session is an error, and an admin is not told what was written to others", async (t) => {
      const { store, admin, sessionId } = await claimConversation(chat)
      await sendMessages(chat, store, 2)
      const foreign = await enter(t, there, 'store', await addStore(database))
      resume(foreign, sessionId, 0)
      t.match(await foreign.next('error'), { code: 'not_found' })
      resume(foreign, 987_654_321, 0)
      t.match(await foreign.next('error'), { code: 'not_found' })
      t.strictSame(foreign.all('sync'), [])
      const outsider = await enter(t, there, 'admin', await addAdmin(database))
      resume(outsider, sessionId, 0)
      t.match(await outsider.next('sync'), { session: { id: sessionId, admin_id: admin.id }, messages: { length: 0 } })
    })
  })
}
