import type { Socket } from 'node:net'
import t from 'tap'
import { addAdmin, addStore } from '../../support/chat/accounts.js'
import { createChatClient } from '../../support/chat/chat-client.js'
import { claimConversation, openConversation } from '../../support/chat/conversations.js'
import { startNode } from '../../support/nodes/node.js'
import { lockSession } from '../../support/chat/session-lock.js'
import { readContents } from '../../support/chat/set-back.js'
import { enter, refuseSocket, type SocketClient } from '../../support/clients/socket-client.js'
import { until, within } from '../../../harness/until.js'
import { publishRevocation } from '../../../src/events/revocations.js'

const node = await startNode(t, { config: { socketsPerAccount: 2 } })
const chat = createChatClient(node)
const { database } = node

const contentsOf = async (sessionId: number) => (await readContents(database, sessionId)).map(([, content]) => content)

/** Sends a message that must wait, and more that the node has queued behind it. */
async function fill(socket: SocketClient, first: () => Promise<unknown>): Promise<void> {
  await first()
  for (let place = 1; place < 10; place++) socket.send('message', { content: `queued ${place}` })
  // The answer to a ping frame arrives when everything before it has been read.
  const pong = new Promise((resolve) => socket.socket.once('pong', resolve))
  socket.socket.ping()
  await within(2000, pong)
}

for (const [name, end] of [
  ['has gone', (socket: SocketClient) => socket.socket.terminate()],
  ['was told to close', (_: SocketClient, tokenId: number) => publishRevocation(node.app.pubsub, tokenId)],
] as const) {
  t.test(`nothing that waits is handled for a socket that ${name}`, async (t) => {
    const { store, sessionId } = await openConversation(chat)
    const socket = await enter(t, node, 'store', store)
    const lock = await lockSession(database, sessionId)
    await fill(socket, () => lock.enqueue(async () => socket.send('message', { content: 'under way' })))
    const [connection] = node.app.hub.store.subscriptions.connectionsOf(store.id)
    end(socket, store.tokenId)
    await until(() => connection?.isOpen === false, 2000)
    await lock.release()
    await connection?.work
    t.strictSame(await contentsOf(sessionId), ['under way'])
  })
}

t.test('a token that is revoked without a word: what waits behind the next look is not stored', async (t) => {
  const { store, sessionId } = await openConversation(chat)
  const socket = await enter(t, node, 'store', store)
  const lock = await lockSession(database, sessionId)
  await fill(socket, () => lock.enqueue(async () => socket.send('message', { content: 'under way' })))
  await database.query('update access_token set revoked_at = now() where id = $1', [store.tokenId])
  const [connection] = node.app.hub.store.subscriptions.connectionsOf(store.id)
  t.equal((await within(3000, socket.closed)).code, 4001)
  await lock.release()
  await connection?.work
  t.strictSame(await contentsOf(sessionId), ['under way'])
})

t.test('a socket counts until its work has ended', async (t) => {
  const { store, sessionId } = await openConversation(chat)
  const sockets = [await enter(t, node, 'store', store), await enter(t, node, 'store', store)]
  const lock = await lockSession(database, sessionId)
  const connections = [...node.app.hub.store.subscriptions.connectionsOf(store.id)]
  await lock.enqueue(async () => {
    for (const socket of sockets) socket.send('message', { content: 'under way' })
  })
  await until(() => connections.every(({ work }) => work !== undefined), 2000)
  for (const socket of sockets) socket.socket.terminate()
  await until(() => [...node.app.hub.store.subscriptions.connectionsOf(store.id)].length === 0, 2000)
  t.equal((await refuseSocket(node, 'store', store)).status, 429)
  await lock.release()
  await until(() => enter(t, node, 'store', store), 2000, 'its place is free again')
})

for (const kind of ['ping', 'pong'] as const) {
  t.test(`${kind}s that nobody asked for count as frames: 4029`, async (t) => {
    const socket = await enter(t, node, 'store', await addStore(database))
    await until(() => {
      for (let count = 0; count < 20; count++) socket.socket[kind]()
      return socket.socket.readyState !== socket.socket.OPEN
    }, 3000)
    t.equal((await within(2000, socket.closed)).code, 4029)
  })
}

t.test('a frame in thousands of pieces breaks the protocol: 1008', async (t) => {
  const socket = await enter(t, node, 'store', await addStore(database))
  for (let piece = 0; piece < 1000; piece++) socket.socket.send(' ', { fin: false })
  t.equal((await within(2000, socket.closed)).code, 1008)
  const whole = await enter(t, node, 'store', await addStore(database))
  whole.socket.send('{"type":', { fin: false })
  whole.socket.send('"ping"}', { fin: true })
  await whole.next('pong')
})

t.test('what WebSocket itself forbids ends the socket with the code of RFC 6455: 1002, 1007', async (t) => {
  const store = await addStore(database)
  const torn = await enter(t, node, 'store', store)
  torn.socket.send(Buffer.from([0xff]), { binary: false })
  t.equal((await within(2000, torn.closed)).code, 1007, 'a text that is not UTF-8')
  const odd = await enter(t, node, 'store', store)
  const wire = (odd.socket as unknown as { _socket: Socket })._socket
  wire.write(Buffer.from([0xf1, 0x80, 0, 0, 0, 0]))
  t.equal((await within(2000, odd.closed)).code, 1002, 'reserved bits')
})

t.test('a resume with a mistake is an error that names it, shortly, and nothing else', async (t) => {
  const { store, sessionId } = await openConversation(chat)
  const socket = await enter(t, node, 'store', store)
  const fill = Object.fromEntries(Array.from({ length: 4500 }, (_, place) => [`x${place}`, 'x']))
  const [before] = await database.query<{ sessions: string }>(
    'select sessions from pg_stat_database where datname = current_database()',
  )
  for (const [payload, field] of [
    ['{}', 'sessions'],
    ['null', 'sessions'],
    ['{"sessions": []}', 'sessions'],
    ['{"sessions": "1"}', 'sessions'],
    ['{"sessions": {"1": 1e300}}', 'sessions.1'],
    ['{"sessions": {"1": 1e19}}', 'sessions.1'],
    ['{"sessions": {"1": 1.5}}', 'sessions.1'],
    ['{"sessions": {"1": -1}}', 'sessions.1'],
    ['{"sessions": {"1": "1"}}', 'sessions.1'],
    ['{"sessions": {"abc": 1}}', 'sessions.abc'],
    ['{"sessions": {"__proto__": 1}}', 'sessions.__proto__'],
    ['{"sessions": {"0": 1}}', 'sessions.0'],
    ['{"sessions": {"9999999999999999": 1}}', 'sessions.9999999999999999'],
    [`{"sessions": {"${'9'.repeat(5000)}": 1}}`, `sessions.${'9'.repeat(20)}`],
    ['{"sessions": {"1": 1}, "epoch": 5}', 'epoch'],
    [`{"sessions": {"1": 1}, "epoch": "${'x'.repeat(101)}"}`, 'epoch'],
    ['{"sessions": {"1": 1}, "epoch": "\\u0000"}', 'epoch'],
    ['{"sessions": {"1": 1}, "epoch": "\\ud800"}', 'epoch'],
    [`{"sessions": ${JSON.stringify(fill)}}`, 'sessions'],
  ] as const) {
    socket.socket.send(`{"type": "resume", "payload": ${payload}}`)
    const error = await socket.next('error')
    t.match(error, { code: 'invalid_input', type: 'resume' }, payload.slice(0, 100))
    t.ok((error.message as string).startsWith(field), error.message)
    t.ok((error.message as string).length < 200)
  }
  const [after] = await database.query<{ sessions: string }>(
    'select sessions from pg_stat_database where datname = current_database()',
  )
  t.equal(after?.sessions, before?.sessions, 'no new connection to the database')
  socket.send('resume', { sessions: { [sessionId]: 0, [Number.MAX_SAFE_INTEGER]: Number.MAX_SAFE_INTEGER } })
  t.match(await socket.next('sync'), { session: { id: sessionId } })
  t.match(await socket.next('error'), { code: 'not_found', type: 'resume', session_id: Number.MAX_SAFE_INTEGER })
})

t.test('an error says which frame it answers', async (t) => {
  const { sessionId } = await claimConversation(chat)
  const socket = await enter(t, node, 'admin', await addAdmin(database))
  const refused = async (type: string, payload: object) => {
    socket.send(type, payload)
    return socket.next('error')
  }
  const inSession = { session_id: sessionId }
  t.match(await refused('message', { ...inSession, content: 'x', client_message_id: 'mine' }), {
    ...{ code: 'forbidden', type: 'message', session_id: sessionId, client_message_id: 'mine' },
  })
  t.match(await refused('message', { ...inSession, content: 5, client_message_id: 'mine' }), {
    ...{ code: 'invalid_input', type: 'message', session_id: sessionId, client_message_id: 'mine' },
  })
  for (const client_message_id of ['x'.repeat(65), '\u{1F600}'.repeat(64), 'nul \0', 'half \ud83d']) {
    t.match(await refused('message', { ...inSession, content: 5, client_message_id }), { client_message_id })
  }
  t.match(await refused('typing', { ...inSession, is_typing: true }), { type: 'typing', session_id: sessionId })
  t.match(await refused('read', inSession), { code: 'forbidden', type: 'read', session_id: sessionId })
  t.match(await refused('dance', {}), { code: 'invalid_input', type: 'dance' })
  const nameless = await refused('x'.repeat(1000), { client_message_id: 'y'.repeat(1000), session_id: {} })
  t.strictSame(Object.keys(nameless), ['code', 'message'], 'nothing is repeated that is none')
  socket.socket.send('[')
  t.strictSame(Object.keys(await socket.next('error')), ['code', 'message'])
})
