import { readFile } from 'node:fs/promises'
import { createConnection, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { centrifugoEndpoint, centrifugoPath, describeCentrifugo, SUBSCRIBED, subscribeTo } from './centrifugo.js'
import { encodeMasked, TEXT } from './listener.js'
import { compete, type Contestant } from './rounds.js'
import { seedAccounts, seedSessions, storeToken } from './seed.js'
import { product, rival, type Server, type Services } from './services.js'

const SOCKETS = 10_000
const AT_ONCE = 256
const ROUNDS = 3
/** Pause after a round: its sockets are closed by then, and the nodes have dropped their short-lived state. */
const REST_MS = 4000
const DEADLINE_MS = 120_000

/**
 * Measures stores that connect all at once, as after a restart: how many become ready per second, and what each costs
 * the server.
 */
export async function compareHerds(services: Services): Promise<string> {
  const { databaseUrl, redisUrl, startServer } = services
  await seedAccounts(databaseUrl, SOCKETS, 1)
  await seedSessions(databaseUrl, 5, false)
  const environment = { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl }
  const ours = await startServer(product, environment)
  const bare = await startServer(rival('bare-herd'), environment)
  const ourWay = { path: (id: number) => `/v1/chat/ws/store/?token=${storeToken(id)}`, ready: '"type":"ready"' }
  const bareWay = { path: (id: number) => `/?token=${storeToken(id)}`, ready: '"type" : "ready"' }
  const contestants: Contestant[] = [
    { name: 'store-chat', measure: () => measureHerd(ours, ourWay) },
    { name: 'bare: ws and one statement each', measure: () => measureHerd(bare, bareWay) },
  ]
  if (centrifugoPath !== undefined) {
    const theirs = await startServer(describeCentrifugo(centrifugoPath, redisUrl, { keepsHistory: false }), {})
    const theirWay = {
      path: () => centrifugoEndpoint,
      ready: SUBSCRIBED,
      greet: (id: number) => subscribeTo(`store-${id}`),
    }
    const name = 'Centrifugo over Redis, a channel each, nothing read'
    contestants.push({ name, measure: () => measureHerd(theirs, theirWay) })
  }
  const tables = [await compete(`${SOCKETS} sockets at once, a store each`, contestants, ROUNDS)]
  await Promise.all([ours, bare].map((server) => server.stop()))
  const returns = [{ name: 'store-chat', measure: () => measureReturn(services, ourWay) }]
  tables.push(await compete(`${SOCKETS} sockets of a killed node come to another, and resume`, returns, 1))
  return tables.join('\n')
}

/**
 * Measures the seconds from the death of a node until all of its sockets are ready on another node, which had none, and
 * have received their sync.
 */
async function measureReturn({ databaseUrl, redisUrl, startServer }: Services, way: Way) {
  const environment = { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl }
  const [node, other] = [await startServer(product, environment), await startServer(product, environment)]
  await openHerd(node, way)
  await node.stop()
  const startedAt = performance.now()
  const resume = (id: number) => `{"type":"resume","payload":{"sessions":{"${id}":3}}}`
  await openHerd(other, { ...way, greet: resume, ready: '"type":"sync"' })
  const seconds = (performance.now() - startedAt) / 1000
  await other.stop()
  return { 's until all have resumed': seconds }
}

/** How a contestant's clients connect. */
interface Way {
  path(id: number): string
  /** Text in the frame that makes the client ready. */
  ready: string
  /** Returns the first frame of a client. */
  greet?(id: number): string
}

async function measureHerd(server: Server, way: Way): Promise<Record<string, number>> {
  const cpuBefore = await readCpuMs(server.pid)
  const startedAt = performance.now()
  const sockets = await openHerd(server, way)
  const seconds = (performance.now() - startedAt) / 1000
  const cpuMs = (await readCpuMs(server.pid)) - cpuBefore
  for (const socket of sockets) socket.destroy()
  await delay(REST_MS)
  return { 'ready/s': SOCKETS / seconds, 'CPU ms a socket': cpuMs / SOCKETS }
}

/** Opens all sockets, AT_ONCE at a time, and waits until each is ready. */
async function openHerd(server: Server, way: Way): Promise<Socket[]> {
  const sockets: Socket[] = []
  let next = 1
  const openOn = async (): Promise<void> => {
    while (next <= SOCKETS) sockets.push(await openReady(server, way, next++))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, openOn))
  return sockets
}

/** Opens a socket with a minimal client, so that the benchmark measures the server. */
function openReady({ origin }: Server, { path, ready, greet }: Way, id: number): Promise<Socket> {
  const { hostname, port } = new URL(origin)
  const headers = [
    ...[`GET ${path(id)} HTTP/1.1`, `Host: ${hostname}:${port}`, 'Connection: Upgrade', 'Upgrade: websocket'],
    ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: c3RvcmUtY2hhdC1iZW5jaA=='],
  ]
  return new Promise((resolve, reject) => {
    const socket = createConnection(Number(port), hostname, () => socket.write(`${headers.join('\r\n')}\r\n\r\n`))
    const timer = setTimeout(() => socket.destroy(new Error(`Socket ${id} is not ready`)), DEADLINE_MS)
    let isGreeted = greet === undefined
    socket.on('error', reject)
    socket.on('data', (data) => {
      if (!isGreeted && greet) socket.write(encodeMasked(TEXT, Buffer.from(greet(id))))
      isGreeted = true
      if (!data.includes(ready)) return
      clearTimeout(timer)
      socket.removeAllListeners('data')
      socket.resume()
      resolve(socket)
    })
  })
}

/** Returns the user and system CPU time of a process in ms. Linux counts it in hundredths of a second. */
async function readCpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
