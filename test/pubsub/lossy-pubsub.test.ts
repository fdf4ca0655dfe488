import t from 'tap'
import { claimConversation } from '../support/chat/conversations.js'
import { createLossyNetwork } from '../support/nodes/lossy-network.js'
import { startPair } from '../support/chat/pair.js'
import { chooseSeed, createRandom } from '../support/seed.js'
import { enter, type SocketClient } from '../support/clients/socket-client.js'

const CONVERSATIONS = 4
const MESSAGES_EACH = 40

t.test('a pubsub that loses, repeats, delays and reorders: every frame once, in order, on both nodes', async (t) => {
  const random = createRandom(chooseSeed(t))
  const network = createLossyNetwork(t, random, { drop: 0.25, duplicate: 0.2, delay: 0.4, longestDelayMs: 150 })
  const { here, there, chat } = await startPair(t, { network })
  const conversations = await Promise.all(Array.from({ length: CONVERSATIONS }, () => claimConversation(chat)))
  await Promise.all(
    conversations.map(async ({ store, admin, sessionId }) => {
      const sockets = await Promise.all(
        [here, there].flatMap((node) => [enter(t, node, 'store', store), enter(t, node, 'admin', admin)]),
      )
      const [forStore, forAdmin] = sockets as [SocketClient, SocketClient]
      for (let place = 0; place < MESSAGES_EACH; place++) {
        const [socket, body] = random() < 0.5 ? [forStore, {}] : [forAdmin, { session_id: sessionId }]
        socket.send('message', { content: `${place}`, client_message_id: `${place}`, ...body })
        // One after the other: the end of each may be what is lost.
        await socket.next('message', ({ message }) => message.client_message_id === `${place}`)
      }
      await chat.post('admin/close/', admin, { session_id: sessionId })
      const expected = Array.from({ length: MESSAGES_EACH + 1 }, (_, place) => place + 3)
      for (const socket of sockets) {
        await socket.next('session_update', ({ session }) => session.id === sessionId && session.status === 'closed')
        const seqs = socket.frames.flatMap(({ payload }) => {
          const of = payload.message?.session_id ?? payload.session?.id
          return of === sessionId && payload.seq !== undefined ? [payload.seq as number] : []
        })
        t.strictSame(seqs, expected)
      }
    }),
  )
  t.ok(network.counts.dropped > 50 && network.counts.duplicated > 50 && network.counts.delayed > 50)
})
