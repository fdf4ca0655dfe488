import t from 'tap'
import { addAdmin, addStore, addToken } from '../../support/chat/accounts.js'
import { createChatClient } from '../../support/chat/chat-client.js'
import { claimConversation } from '../../support/chat/conversations.js'
import { noLimits } from '../../../harness/no-limits.js'
import { startNode } from '../../support/nodes/node.js'
import { enter } from '../../support/clients/socket-client.js'
import { patience, until, within } from '../../../harness/until.js'
import { publishRevocation } from '../../../src/events/revocations.js'

const BUFFER_BYTES = 65_536
const node = await startNode(t, {
  config: { limits: noLimits, socketLimits: { bufferBytes: BUFFER_BYTES, framesPerSecond: 20, frameBurst: 40 } },
})
const chat = createChatClient(node)
const { database } = node

t.test('binary frames break the protocol: 1008', async (t) => {
  const client = await enter(t, node, 'store', await addStore(database))
  client.socket.send(Buffer.from('{"type":"ping"}'), { binary: true })
  t.equal((await within(2000, client.closed)).code, 1008)
})

t.test('a frame of 64 KiB is taken, a larger one ends the socket: 1009', async (t) => {
  const store = await addStore(database)
  const frame = (bytes: number) => `{"type":"ping","payload":{"x":"${'x'.repeat(bytes - 34)}"}}`
  const client = await enter(t, node, 'store', store)
  t.equal(frame(65_536).length, 65_536)
  client.socket.send(frame(65_536))
  await client.next('pong')
  client.socket.send(frame(65_537))
  t.equal((await within(2000, client.closed)).code, 1009)
  // Fewer than an account may have: each is cut a second after its end.
  for (let attempt = 0; attempt < 15; attempt++) {
    // A mask of zeros changes no byte, and costs no time.
    const huge = await enter(t, node, 'store', store, { generateMask: (mask) => mask.fill(0) })
    huge.socket.send(frame(4_000_000))
    t.equal((await within(2000, huge.closed)).code, 1009, 'also while it is still being sent')
  }
})

t.test('a burst of 40 frames is taken, then 20 a second; more ends the socket: 4029', async (t) => {
  const client = await enter(t, node, 'admin', await addAdmin(database))
  for (let count = 0; count < 40; count++) client.send('ping')
  await until(() => client.all('pong').length === 40, 2000)
  await until(
    () => {
      client.send('ping')
      return client.socket.readyState !== client.socket.OPEN
    },
    4000,
    'a ping every few milliseconds is too many',
  )
  t.equal((await within(2000, client.closed)).code, 4029)
})

t.test('a revoked token ends its sockets within a second, and no others: 4001', async (t) => {
  const store = await addStore(database)
  const other = await addToken(database, { storeId: store.id })
  const [one, two] = [await enter(t, node, 'store', store), await enter(t, node, 'store', other)]
  await database.query('update access_token set revoked_at = now() where id = $1', [store.tokenId])
  publishRevocation(node.app.pubsub, store.tokenId)
  t.equal((await within(1000, one.closed)).code, 4001)
  await database.query('update access_token set revoked_at = now() where id = $1', [other.tokenId])
  t.equal((await within(1500, two.closed)).code, 4001, 'also when no pubsub carries it')
})

t.test('a token that expires ends its sockets within a second: 4001', async (t) => {
  const { id } = await addAdmin(database)
  const expiresAt = new Date(Date.now() + 700)
  const client = await enter(t, node, 'admin', await addToken(database, { adminId: id, expiresAt }))
  t.equal((await within(2500, client.closed)).code, 4001)
  t.ok(Date.now() >= expiresAt.getTime(), 'not before')
  t.ok(Date.now() < expiresAt.getTime() + 1500 * patience)
})

t.test('a reader for whom too much waits is closed with 4008, and the others are served', async (t) => {
  const { store, admin, sessionId } = await claimConversation(chat)
  const [slow, fast] = [await enter(t, node, 'store', store), await enter(t, node, 'store', store)]
  slow.socket.pause()
  /** 30,000 bytes. */
  const content = '語'.repeat(10_000)
  let sent = 0
  await until(
    async () => {
      await chat.post('admin/message/', admin, { session_id: sessionId, content })
      sent++
      return isClosing()
    },
    30_000,
    'the slow reader is closed',
  )
  slow.socket.resume()
  t.equal((await within(3000, slow.closed)).code, 4008)
  await fast.next('message', ({ seq }) => seq === sent + 2)
  t.equal(fast.all('message').length, sent)

  function isClosing(): boolean {
    const sockets = [...node.app.hub.store.subscriptions.connectionsOf(store.id)]
    return sockets.length < 2 || sockets.some(({ isOpen }) => !isOpen)
  }
})
