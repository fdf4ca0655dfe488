import type { WebSocket } from 'ws'
import { seedAccounts, storeToken } from './seed.js'
import { connect, greetSocketIo, range } from './pipelines.js'
import { product, reporting, rival, type Server, type Services } from './services.js'

const SOCKETS = 10_000
const AT_ONCE = 100

/** Memory of an idle socket in a server, in bytes after a full garbage collection. */
export async function compareIdleSockets({ databaseUrl, redisUrl, startServer }: Services): Promise<string> {
  await seedAccounts(databaseUrl, SOCKETS, 1)
  const ours = await startServer(product, { DATABASE_URL: databaseUrl })
  const raw = await startServer([...reporting, ...rival('raw-sockets')], {})
  const socketIo = await startServer([...reporting, ...rival('socket-io')], {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
  })
  const socketIoPath = '/socket.io/?EIO=4&transport=websocket'
  const rows = [
    [
      'store-chat, authenticated, a store each',
      await measure(ours, (id) => `/v1/chat/ws/store/?token=${storeToken(id)}`),
    ],
    ['raw ws', await measure(raw, () => '/')],
    ['Socket.IO', await measure(socketIo, (id) => `${socketIoPath}&sessions=${id}`, greetSocketIo)],
  ] as const
  await Promise.all([ours, raw, socketIo].map((server) => server.stop()))
  const [[, own], [, limit]] = rows
  const lines = rows.map(([name, bytes]) => `| ${name} | ${bytes.toFixed(0)} |`)
  const verdict = `store-chat takes ${(own - limit).toFixed(0)} bytes more than raw ws.`
  return [`### ${SOCKETS} idle sockets`, '', '| | bytes a socket |', '|---|---|', ...lines, '', verdict, ''].join('\n')
}

type PathOf = (id: number) => string
type Greet = (socket: WebSocket) => Promise<unknown>

async function measure(server: Server, pathOf: PathOf, greet?: Greet): Promise<number> {
  // The first sockets allocate what all share.
  const warm = await openMany(server, pathOf, greet, 1, 200)
  const before = Number(await server.ask('SIGUSR2'))
  const sockets = await openMany(server, pathOf, greet, 201, SOCKETS)
  await new Promise((resolve) => setTimeout(resolve, 6000))
  const after = Number(await server.ask('SIGUSR2'))
  for (const socket of [...warm, ...sockets]) socket.terminate()
  return (after - before) / sockets.length
}

async function openMany(server: Server, pathOf: PathOf, greet: Greet | undefined, first: number, last: number) {
  const sockets: WebSocket[] = []
  for (let id = first; id <= last; id += AT_ONCE) {
    const ids = range(Math.min(AT_ONCE, last - id + 1)).map((offset) => id + offset - 1)
    sockets.push(...(await Promise.all(ids.map((one) => connect(server, pathOf(one), greet ? { greet } : {})))))
  }
  return sockets
}
