import { readFile } from 'node:fs/promises'
import type { WebSocket } from 'ws'
import { centrifugoEndpoint, centrifugoPath, describeCentrifugo, hasCentrifugoPing, subscribeTo } from './centrifugo.js'
import { seedAccounts, storeToken } from './seed.js'
import { connect, greetSocketIo, range } from './pipelines.js'
import { product, reporting, rival, type Server, type Services } from './services.js'

const SOCKETS = 10_000
const AT_ONCE = 100

/**
 * Measures the memory of an idle socket on the server: bytes in use after a full garbage collection, and resident
 * memory.
 */
export async function compareIdleSockets({ databaseUrl, redisUrl, startServer }: Services): Promise<string> {
  await seedAccounts(databaseUrl, SOCKETS, 1)
  const ours = await startServer(product, { DATABASE_URL: databaseUrl })
  const raw = await startServer([...reporting, ...rival('raw-sockets')], {})
  const socketIo = await startServer([...reporting, ...rival('socket-io')], {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
  })
  const socketIoPath = '/socket.io/?EIO=4&transport=websocket'
  const rows: Row[] = [
    {
      name: 'store-chat, authenticated, a store each',
      ...(await measure(ours, (id) => `/v1/chat/ws/store/?token=${storeToken(id)}`)),
    },
    { name: 'raw ws', ...(await measure(raw, () => '/')) },
    { name: 'Socket.IO', ...(await measure(socketIo, (id) => `${socketIoPath}&sessions=${id}`, greetSocketIo)) },
  ]
  if (centrifugoPath !== undefined) {
    const theirs = await startServer(describeCentrifugo(centrifugoPath, redisUrl, { keepsHistory: false }), {})
    const memory = await measure(theirs, () => centrifugoEndpoint, greetCentrifugo)
    rows.push({ name: 'Centrifugo over Redis, a channel each', ...memory })
  }
  await Promise.all([ours, raw, socketIo].map((server) => server.stop()))
  const lines = rows.map(({ name, used, held }) => `| ${name} | ${used?.toFixed(0) ?? '–'} | ${held.toFixed(0)} |`)
  const verdict = `store-chat takes ${((rows[0]?.used ?? 0) - (rows[1]?.used ?? 0)).toFixed(0)} bytes more than raw ws.`
  const head = ['| | bytes in use a socket | of the process (RSS) |', '|---|---|---|']
  return [`### ${SOCKETS} idle sockets`, '', ...head, ...lines, '', verdict, ''].join('\n')
}

/** Bytes per socket. */
interface Memory {
  /** Undefined when the server cannot be asked for it. */
  used?: number
  held: number
}
type Row = Memory & { name: string }
type PathOf = (id: number) => string
type Greet = (socket: WebSocket, id: number) => Promise<unknown>

async function greetCentrifugo(socket: WebSocket, id: number): Promise<void> {
  socket.on('message', (data) => {
    if (hasCentrifugoPing(data as Buffer)) socket.send('{}')
  })
  await new Promise((resolve) => socket.once('open', resolve))
  socket.send(subscribeTo(`store-${id}`))
  await new Promise((resolve) => socket.once('message', resolve))
}

async function measure(server: Server, pathOf: PathOf, greet?: Greet): Promise<Memory> {
  // The first sockets allocate what all sockets share.
  const warm = await openMany(server, pathOf, greet, 1, 200)
  const before = await readMemory(server)
  const sockets = await openMany(server, pathOf, greet, 201, SOCKETS)
  await new Promise((resolve) => setTimeout(resolve, 6000))
  const after = await readMemory(server)
  for (const socket of [...warm, ...sockets]) socket.terminate()
  const each = (more: number) => more / sockets.length
  const held = each(after.held - before.held)
  return after.used === undefined || before.used === undefined
    ? { held }
    : { used: each(after.used - before.used), held }
}

async function readMemory({ pid, ask }: Server): Promise<Memory> {
  const used = ask && Number(await ask('SIGUSR2'))
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const held = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
  return used === undefined ? { held } : { used, held }
}

async function openMany(server: Server, pathOf: PathOf, greet: Greet | undefined, first: number, last: number) {
  const sockets: WebSocket[] = []
  for (let id = first; id <= last; id += AT_ONCE) {
    const ids = range(Math.min(AT_ONCE, last - id + 1)).map((offset) => id + offset - 1)
    sockets.push(
      ...(await Promise.all(
        ids.map((one) => connect(server, pathOf(one), greet ? { greet: (socket) => greet(socket, one) } : {})),
      )),
    )
  }
  return sockets
}
