import t from 'tap'
import { addStore } from '../support/chat/accounts.js'
import { createDatabase } from '../support/databases/database.js'
import { startNode } from '../support/nodes/node.js'
import { startServer, withoutCoverage } from '../support/nodes/server-process.js'
import { addMessages } from '../support/chat/sessions.js'
import { enter, type Payload } from '../support/clients/socket-client.js'
import { patience, within } from '../../harness/until.js'

const CLIENTS = 500
const STORES = 25

t.test('SIGTERM with 500 clients, one of them frozen: all are asked to go, spread, and lose nothing', async (t) => {
  const database = await createDatabase(t)
  const server = startServer(t, { DATABASE_URL: database.url, LOG_LEVEL: 'info', ...withoutCoverage })
  const { origin } = await server.ready()
  const stores = await Promise.all(Array.from({ length: STORES }, () => addStore(database)))
  const open = (place: number) => enter(t, { origin }, 'store', stores[place % STORES] ?? { token: '' })
  const clients = []
  while (clients.length < CLIENTS) {
    clients.push(...(await Promise.all(Array.from({ length: STORES }, (_, place) => open(place)))))
  }
  const frozen = await open(0).catch(() => undefined)
  t.equal(frozen, undefined, 'each account has as many as it may')
  clients[0]?.socket.pause()
  for (const [place, client] of clients.slice(0, STORES).entries()) {
    client.send('message', { content: 'at the last moment', client_message_id: `${place}` })
  }
  await clients[1]?.next('message')
  const startedAt = Date.now()
  const ends = clients.slice(1).map(async ({ closed }) => {
    const { code } = await closed
    return { code, at: Date.now() - startedAt }
  })
  server.kill('SIGTERM')
  const { code } = await server.exit(6000)
  t.ok(Date.now() - startedAt < 6000 * patience)
  t.equal(code, 0)
  const ended = await within(1000, Promise.all(ends))
  t.strictSame([...new Set(ended.map(({ code }) => code))], [1001])
  const times = ended.map(({ at }) => at).sort((one, other) => one - other)
  t.ok((times.at(-1) ?? 0) - (times[0] ?? 0) > 1500, `spread over ${times[0]} to ${times.at(-1)} ms`)

  const next = await startNode(t, { database })
  const [session] = await database.query<{ id: string }>('select id from chat_session where store_id = $1', [
    stores[1]?.id,
  ])
  await addMessages(database, Number(session?.id), [{ content: 'meanwhile' }])
  const back = await enter(t, next, 'store', stores[1] ?? { token: '' })
  back.send('resume', { sessions: { [session?.id ?? '']: 2 } })
  const sync = await back.next('sync')
  t.strictSame(
    sync.messages.map(({ content }: Payload) => content),
    ['meanwhile'],
  )
})

t.test('a peer that says nothing any more is cut when it has missed two pings, and no other', async (t) => {
  const node = await startNode(t, { config: { socketPingIntervalMs: 300 } })
  const store = await addStore(node.database)
  const [frozen, alive] = [await enter(t, node, 'store', store), await enter(t, node, 'store', store)]
  frozen.socket.pause()
  const { hub } = node.app
  const sockets = [...hub.store.subscriptions.connectionsOf(store.id)].map(({ socket }) => socket)
  const cut = Promise.race(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))))
  t.equal(await within(1500, cut, 'one is cut'), 1006)
  t.equal(hub.connectionCount(), 1)
  alive.send('ping')
  await alive.next('pong')
})

t.test('a peer that begins to close and then stops does not hold up the end', async (t) => {
  const node = await startNode(t)
  const client = await enter(t, node, 'store', await addStore(node.database))
  // A raw close frame and nothing else: the connection stays open at this end.
  const raw = (client.socket as unknown as { _socket: { write(data: Buffer): void; pause(): void } })._socket
  raw.write(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]))
  client.socket.pause()
  client.send('ping')
  await within(4000, node.app.close(), 'the node closes')
  t.equal(node.app.hub.connectionCount(), 0)
})
