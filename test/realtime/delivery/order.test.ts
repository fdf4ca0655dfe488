import t from 'tap'
import { addStore } from '../../support/chat/accounts.js'
import { claimConversation } from '../../support/chat/conversations.js'
import type { NetworkKind } from '../../support/nodes/network.js'
import { startPair } from '../../support/chat/pair.js'
import { enter, type SocketClient } from '../../support/clients/socket-client.js'

const WRITERS = 12
const MESSAGES_EACH = 20

const seqsOf = (socket: SocketClient) =>
  socket.frames.flatMap(({ payload }) => (payload.seq === undefined ? [] : (payload.seq as number)))

for (const kind of ['local', 'redis'] satisfies NetworkKind[]) {
  t.test(`many writers on two nodes, one order without holes for all (${kind} pubsub)`, async (t) => {
    const { here, there, chat } = await startPair(t, { network: kind })
    const { store, admin, sessionId } = await claimConversation(chat)
    const places = [here, there]
    const writers = await Promise.all(
      Array.from({ length: WRITERS }, async (_, writer) => {
        const side = writer % 4 < 2 ? 'store' : 'admin'
        return {
          side,
          socket: await enter(t, places[writer % 2] ?? here, side, side === 'store' ? store : admin),
        } as const
      }),
    )
    for (let place = 0; place < MESSAGES_EACH; place++) {
      for (const [writer, { side, socket }] of writers.entries()) {
        socket.send('message', { content: `${writer}.${place}`, ...(side === 'admin' && { session_id: sessionId }) })
      }
    }
    const total = WRITERS * MESSAGES_EACH
    const expected = Array.from({ length: total }, (_, place) => place + 3)
    for (const { socket } of writers) await socket.next('message', ({ seq }) => seq === total + 2, 20_000)
    for (const { socket } of writers) t.strictSame(seqsOf(socket), expected)
    const orders = new Set(
      writers.map(({ socket }) =>
        JSON.stringify(socket.all('message').map(({ message }) => [message.id, message.content])),
      ),
    )
    t.equal(orders.size, 1, 'all see the same')
    const stored = await here.database.query<{ id: string; content: string }>(
      'select id, content from chat_message order by id',
    )
    t.same(
      writers[0]?.socket.all('message').map(({ message }) => ({ id: String(message.id), content: message.content })),
      stored,
    )
    for (const [writer] of writers.entries()) {
      const own = stored.filter(({ content }) => content.startsWith(`${writer}.`)).map(({ content }) => content)
      t.strictSame(
        own,
        Array.from({ length: MESSAGES_EACH }, (_, place) => `${writer}.${place}`),
        'frames of one socket are handled in order',
      )
    }
  })
}

t.test('what one socket sends at once is handled in its order, with what is wrong with it told apart', async (t) => {
  const { here } = await startPair(t)
  const store = await addStore(here.database)
  const socket = await enter(t, here, 'store', store)
  const contents = Array.from({ length: 30 }, (_, place) => `${place}`)
  for (const content of contents) {
    socket.send('message', { content })
    if (content === '3') socket.send('message', { content: ' ', client_message_id: 'blank' })
    if (content === '5') socket.send('typing', { is_typing: 'no' })
    if (content === '7') socket.send('message', { content: 'once', client_message_id: 'once' })
    if (content === '9') socket.send('message', { content: 'another', client_message_id: 'once' })
  }
  socket.send('ping')
  await socket.next('pong')
  await socket.next('message', ({ message }) => message.content === '29')
  const received = socket.all('message').map(({ message }) => message.content as string)
  t.strictSame(
    received.filter((content) => content !== 'once'),
    contents,
  )
  t.equal(received.indexOf('once'), 8)
  t.strictSame(
    socket.all('error').map(({ code, client_message_id }) => [code, client_message_id]),
    [
      ['invalid_input', 'blank'],
      ['invalid_input', undefined],
      ['conflict', 'once'],
    ],
  )
})
