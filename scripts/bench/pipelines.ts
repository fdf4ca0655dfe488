import { WebSocket, type RawData } from 'ws'
import { until } from '../../harness/until.js'
import { adminToken, seedAccounts, seedSessions, storeToken } from './seed.js'
import { product, rival, type Server, type Services } from './services.js'

/** Sessions 1 to SESSIONS belong to the stores of the same ids; each is held by one of the admins. */
export const SESSIONS = 200
export const ADMINS = 20
const holderOf = (session: number) => 1 + (session % ADMINS)

/** A pipeline from the stores' sockets on one node, through PostgreSQL, to the admins' sockets on another. */
export interface Pipeline {
  name: string
  send(session: number, content: string): void
  /** Called with the content of each message that arrives at an admin's socket. */
  receive(content: string): void
}

/** The protocol of a contestant. */
interface Dialect {
  pathOfStore(id: number): string
  pathOfAdmin(id: number, sessions: number[]): string
  encode(session: number, content: string): string
  /** Called once for each open socket. */
  greet?(socket: WebSocket): Promise<unknown>
}

const dialects = {
  product: {
    pathOfStore: (id) => `/v1/chat/ws/store/?token=${storeToken(id)}`,
    pathOfAdmin: (id) => `/v1/chat/ws/admin/?token=${adminToken(id)}`,
    encode: (_session, content) => `{"type":"message","payload":{"content":"${content}"}}`,
    greet: (socket) => awaitFrame(socket, '{"type":"ready"'),
  },
  bare: {
    pathOfStore: (id) => `/?sessions=${id}`,
    pathOfAdmin: (_id, sessions) => `/?sessions=${sessions.join(',')}`,
    encode: (session, content) => `{"session":${session},"content":"${content}"}`,
  },
  // Engine.IO's framing over a plain socket, so that the client library is not measured.
  socketIo: {
    pathOfStore: (id) => `/socket.io/?EIO=4&transport=websocket&sessions=${id}`,
    pathOfAdmin: (_id, sessions) => `/socket.io/?EIO=4&transport=websocket&sessions=${sessions.join(',')}`,
    encode: (session, content) => `42["message",{"session":${session},"content":"${content}"}]`,
    greet: greetSocketIo,
  },
} satisfies Record<string, Dialect>

/** Performs Socket.IO's handshake, and answers its pings from then on. */
export async function greetSocketIo(socket: WebSocket): Promise<void> {
  await awaitFrame(socket, '0')
  socket.send('40')
  await awaitFrame(socket, '40')
  socket.on('message', (data) => {
    if (textOf(data) === '2') socket.send('3')
  })
}

/**
 * Opens the pipelines on one PostgreSQL and one Redis: the product, a bare one, and Socket.IO with Prisma. Each has a
 * database of its own, because the product would find and deliver what the rivals write.
 */
export async function openPipelines(services: Services): Promise<Pipeline[]> {
  return [
    await openProduct(services, 'store-chat'),
    await open('bare: ws, shared commits, PUBLISH', services, rival('bare-pipeline'), dialects.bare),
    await open('Socket.IO, Redis adapter, Prisma create', services, rival('socket-io'), dialects.socketIo),
  ]
}

/** Opens a pipeline of the product. Each of its two nodes may have its own settings. */
export function openProduct(
  services: Services,
  name: string,
  near: Record<string, string> = {},
  far: Record<string, string> = {},
): Promise<OpenPipeline> {
  const limits = { SOCKET_FRAMES_PER_SECOND: '100000', SOCKET_FRAME_BURST: '100000' }
  return open(name, services, product, dialects.product, { near: { ...limits, ...near }, far: { ...limits, ...far } })
}

export async function seedPipeline(databaseUrl: string): Promise<void> {
  await seedAccounts(databaseUrl, SESSIONS, ADMINS)
  await seedSessions(databaseUrl, 20, true)
}

let databaseCount = 0

/** A pipeline whose nodes can be measured, too. */
export interface OpenPipeline extends Pipeline {
  /** Origin of the node that the stores are connected to. */
  origin: string
  /** Process ids of both nodes. */
  pids: number[]
  databaseUrl: string
}

async function open(
  name: string,
  { createDatabase, redisUrl, startServer }: Services,
  program: string[],
  dialect: Dialect,
  settings: { near?: Record<string, string>; far?: Record<string, string> } = {},
): Promise<OpenPipeline> {
  const databaseUrl = await createDatabase(`pipeline_${databaseCount++}`)
  await seedPipeline(databaseUrl)
  const environment = { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl }
  const near = await startServer(program, { ...settings.near, ...environment })
  const far = await startServer(program, { ...settings.far, ...environment })
  const stores = await Promise.all(range(SESSIONS).map((id) => connect(near, dialect.pathOfStore(id), dialect)))
  const pipeline: OpenPipeline = {
    ...{ name, origin: near.origin, pids: [near.pid, far.pid], databaseUrl },
    send: (session, content) => stores[session - 1]?.send(dialect.encode(session, content)),
    receive: () => undefined,
  }
  for (const admin of range(ADMINS)) {
    const sessions = range(SESSIONS).filter((session) => holderOf(session) === admin)
    const socket = await connect(far, dialect.pathOfAdmin(admin, sessions), dialect)
    socket.on('message', (data) => {
      const content = readContent(textOf(data))
      if (content !== undefined) pipeline.receive(content)
    })
  }
  return pipeline
}

/** Opens a socket and waits for its first frame. */
export async function connect(server: Server, path: string, { greet }: Pick<Dialect, 'greet'>): Promise<WebSocket> {
  const socket = new WebSocket(server.origin.replace('http', 'ws') + path, { perMessageDeflate: false })
  const greeted = greet?.(socket)
  await until(() => socket.readyState === WebSocket.OPEN, 30_000, `a socket on ${path}`)
  await greeted
  return socket
}

export const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

export const textOf = (data: RawData) => (data as Buffer).toString()

/** All contestants write a message as JSON with a `content`. */
function readContent(text: string): string | undefined {
  return /"content" ?: ?"(.*?)"/.exec(text)?.[1]
}

function awaitFrame(socket: WebSocket, start: string): Promise<void> {
  return new Promise((resolve) => {
    const check = (data: RawData) => {
      if (!textOf(data).startsWith(start)) return
      socket.off('message', check)
      resolve()
    }
    socket.on('message', check)
  })
}
