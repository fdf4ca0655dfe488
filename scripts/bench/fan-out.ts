import { until } from '../../harness/until.js'
import { openListener } from './listener.js'
import { range } from './pipelines.js'
import { compete } from './rounds.js'
import { adminToken, seedAccounts, seedSessions, storeToken } from './seed.js'
import { product, rival, type Services } from './services.js'

const ADMINS = 2000
const AT_ONCE = 50
const IN_FLIGHT = [1, 16, 64]
const SECONDS = 5
const ROUNDS = 3
const CONTENT = '"Where is my parcel?"'

/** The messages of a session that nobody holds go to the sockets of all admins, on two nodes. */
export async function compareFanOut(services: Services): Promise<string> {
  // Separate databases, because the product would find and deliver what the rivals write.
  const ours = await openAudience(services, product, {
    database: 'ours',
    settings: { SOCKET_FRAMES_PER_SECOND: '100000', SOCKET_FRAME_BURST: '100000' },
    pathOfStore: `/v1/chat/ws/store/?token=${storeToken(1)}`,
    pathOfAdmin: (id) => `/v1/chat/ws/admin/?token=${adminToken(id)}`,
    message: `{"type":"message","payload":{"content":${CONTENT}}}`,
    readyMark: '{"type":"ready"',
  })
  const theirs = await openAudience(services, rival('socket-io'), {
    database: 'theirs',
    settings: {},
    pathOfStore: '/socket.io/?EIO=4&transport=websocket&sessions=1',
    pathOfAdmin: () => '/socket.io/?EIO=4&transport=websocket&broadcast=1',
    message: `42["message",{"session":1,"content":${CONTENT}}]`,
    greeting: '40',
    readyMark: '40',
  })
  const tables: string[] = []
  for (const inFlight of IN_FLIGHT) {
    const title = `One open session's messages to ${ADMINS} admin sockets on two nodes, ${inFlight} in flight`
    const contestants = [
      { name: 'store-chat', measure: async () => ({ 'deliveries/s': await ours(inFlight) }) },
      {
        name: 'Socket.IO, Redis adapter, Prisma create',
        measure: async () => ({ 'deliveries/s': await theirs(inFlight) }),
      },
    ]
    tables.push(await compete(title, contestants, ROUNDS))
  }
  return tables.join('\n')
}

interface Way {
  database: string
  settings: Record<string, string>
  pathOfStore: string
  pathOfAdmin(id: number): string
  message: string
  /** The first frame of a client. */
  greeting?: string
  /** Prefix of the frame after which a client receives messages. */
  readyMark: string
}

/** Connects the store and the admins; returns how to measure: when all have one message, the store sends another. */
async function openAudience(
  { createDatabase, redisUrl, startServer }: Services,
  program: string[],
  { database, settings, pathOfStore, pathOfAdmin, message, greeting, readyMark }: Way,
): Promise<(inFlight: number) => Promise<number>> {
  const databaseUrl = await createDatabase(database)
  await seedAccounts(databaseUrl, 1, ADMINS)
  await seedSessions(databaseUrl, 1, false)
  const environment = { ...settings, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl }
  const nodes = [await startServer(program, environment), await startServer(program, environment)] as const
  const [mark, content] = [Buffer.from(readyMark), Buffer.from(CONTENT)]
  let ready = 0
  let onText: (payload: Buffer) => void = (payload) => {
    if (payload.subarray(0, mark.length).equals(mark)) ready++
  }
  const open = async (node: (typeof nodes)[number], path: string, isCounted: boolean) => {
    const listener = await openListener(node, path, (payload) => {
      // A ping of Engine.IO, which needs an answer.
      if (payload.length === 1) listener.send('3')
      else if (isCounted) onText(payload)
    })
    if (greeting !== undefined) listener.send(greeting)
    return listener
  }
  const store = await open(nodes[0], pathOfStore, false)
  for (let first = 1; first <= ADMINS; first += AT_ONCE) {
    const ids = range(AT_ONCE).map((offset) => first + offset - 1)
    await Promise.all(ids.map((id) => open(id % 2 === 0 ? nodes[0] : nodes[1], pathOfAdmin(id), true)))
  }
  await until(() => ready === ADMINS, 60_000, 'all admins are there')

  return async (inFlight) => {
    let arrived = 0
    let sent = 0
    const send = () => {
      sent++
      store.send(message)
    }
    const startedAt = performance.now()
    const elapsedMs = () => performance.now() - startedAt
    onText = (payload) => {
      if (payload.includes(content) && ++arrived % ADMINS === 0 && elapsedMs() < SECONDS * 1000) send()
    }
    for (let first = 0; first < inFlight; first++) send()
    await until(() => arrived === sent * ADMINS && elapsedMs() >= SECONDS * 1000, 60_000, 'all deliveries')
    return (arrived / elapsedMs()) * 1000
  }
}
