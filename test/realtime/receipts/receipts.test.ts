import t from 'tap'
import { claimConversation, openConversation, sendMessages } from '../../support/chat/conversations.js'
import type { NetworkKind } from '../../support/nodes/network.js'
import { startPair } from '../../support/chat/pair.js'
import { enter } from '../../support/clients/socket-client.js'

for (const kind of ['local', 'redis'] satisfies NetworkKind[]) {
  t.test(`receipts across two nodes (${kind} pubsub)`, async (t) => {
    const { here, there, chat } = await startPair(t, { network: kind })

    t.test('what is written to a socket of the other side is delivered, and then read', async (t) => {
      const { store, admin, sessionId } = await claimConversation(chat)
      const forStore = await enter(t, here, 'store', store)
      const [sent] = await sendMessages(chat, store, 1)
      await forStore.next('message')
      t.strictSame(forStore.all('message_status'), [], 'to its own side is not delivered')
      const forAdmin = await enter(t, there, 'admin', admin)
      const [second] = await sendMessages(chat, store, 1)
      const status = { session_id: sessionId, by: 'admin' }
      t.strictSame(await forStore.next('message_status'), { ...status, status: 'delivered', up_to_message_id: second })
      forAdmin.send('read', { session_id: sessionId })
      t.strictSame(await forStore.next('message_status'), { ...status, status: 'read', up_to_message_id: second })
      t.ok((sent ?? 0) < (second ?? 0))
      forAdmin.send('message', { session_id: sessionId, content: 'back' })
      const { message } = await forStore.next('message', ({ message }) => message.sender_type === 'admin')
      const back = { session_id: sessionId, by: 'store', up_to_message_id: message.id }
      t.strictSame(await forAdmin.next('message_status'), { ...back, status: 'delivered' })
      forStore.send('read')
      t.strictSame(await forAdmin.next('message_status'), { ...back, status: 'read' })
      const { body } = await chat.get('store/messages/', store)
      t.strictSame(
        body.data.map((one: { status: string }) => one.status),
        ['read', 'read', 'read'],
      )
    })

    t.test('while nobody holds a session, any admin delivers', async (t) => {
      const { store, admin, sessionId } = await openConversation(chat)
      const forStore = await enter(t, here, 'store', store)
      await enter(t, there, 'admin', admin)
      const [sent] = await sendMessages(chat, store, 1)
      t.match(await forStore.next('message_status'), {
        session_id: sessionId,
        status: 'delivered',
        up_to_message_id: sent,
      })
    })

    t.test('a crowd of receipts is merged, and never goes backwards', async (t) => {
      const { store, admin, sessionId } = await claimConversation(chat)
      const [forStore, forAdmin] = [await enter(t, here, 'store', store), await enter(t, there, 'admin', admin)]
      const startedAt = Date.now()
      const reading = setInterval(() => forAdmin.send('read', { session_id: sessionId }), 60)
      const sent = await sendMessages(chat, store, 60)
      clearInterval(reading)
      forAdmin.send('read', { session_id: sessionId })
      await forStore.next(
        'message_status',
        (payload) => payload.status === 'read' && payload.up_to_message_id === sent.at(-1),
      )
      const told = forStore.all('message_status')
      const quarters = Math.ceil((Date.now() - startedAt) / 250) + 1
      t.ok(told.length <= 2 * quarters, `${told.length} frames for 60 messages in ${quarters} quarters of a second`)
      for (const status of ['delivered', 'read']) {
        const marks = told.filter((one) => one.status === status).map((one) => one.up_to_message_id as number)
        t.strictSame(
          marks,
          [...new Set(marks)].sort((one, other) => one - other),
        )
      }
    })
  })
}
