import type { RawData } from 'ws'
import { connect, greetSocketIo, range, textOf } from './pipelines.js'
import { compete } from './rounds.js'
import { adminToken, seedAccounts, seedSessions, storeToken } from './seed.js'
import { product, rival, type Services } from './services.js'

const ADMINS = 2000
const SECONDS = 5
const ROUNDS = 3

/** One message of a session that nobody holds goes to the sockets of all admins, on two nodes. */
export async function compareFanOut(services: Services): Promise<string> {
  await seedAccounts(services.databaseUrl, 1, ADMINS)
  await seedSessions(services.databaseUrl, 1, false)
  const environment = { DATABASE_URL: services.databaseUrl, REDIS_URL: services.redisUrl }
  const limits = { SOCKET_FRAMES_PER_SECOND: '100000', SOCKET_FRAME_BURST: '100000' }
  const ours = await openAudience(
    services,
    product,
    { ...environment, ...limits },
    {
      pathOfStore: `/v1/chat/ws/store/?token=${storeToken(1)}`,
      pathOfAdmin: (id) => `/v1/chat/ws/admin/?token=${adminToken(id)}`,
      frame: '{"type":"message","payload":{"content":"Where is my parcel?"}}',
      greet: undefined,
    },
  )
  const theirs = await openAudience(services, rival('socket-io'), environment, {
    pathOfStore: '/socket.io/?EIO=4&transport=websocket&sessions=1',
    pathOfAdmin: () => '/socket.io/?EIO=4&transport=websocket&broadcast=1',
    frame: '42["message",{"session":1,"content":"Where is my parcel?"}]',
    greet: greetSocketIo,
  })
  const contestants = [
    { name: 'store-chat', measure: async () => ({ 'deliveries/s': await ours() }) },
    { name: 'Socket.IO, Redis adapter, Prisma create', measure: async () => ({ 'deliveries/s': await theirs() }) },
  ]
  return compete(`One open session's messages to ${ADMINS} admin sockets on two nodes`, contestants, ROUNDS)
}

interface Way {
  pathOfStore: string
  pathOfAdmin(id: number): string
  frame: string
  greet: typeof greetSocketIo | undefined
}

/** Connects the store and the admins, and returns how to measure: the store sends its next message when all have the last. */
async function openAudience(
  { startServer }: Services,
  program: string[],
  environment: Record<string, string>,
  { pathOfStore, pathOfAdmin, frame, greet }: Way,
): Promise<() => Promise<number>> {
  const one = await startServer(program, environment)
  const other = await startServer(program, environment)
  const nodeOf = (id: number) => (id % 2 === 0 ? one : other)
  const options = greet ? { greet } : {}
  const store = await connect(nodeOf(0), pathOfStore, options)
  let arrived = 0
  let onWhole: () => void = () => undefined
  const count = (data: RawData) => {
    if (!/"content" ?: ?"Where/.test(textOf(data))) return
    arrived++
    if (arrived % ADMINS === 0) onWhole()
  }
  const AT_ONCE = 50
  for (let first = 1; first <= ADMINS; first += AT_ONCE) {
    const ids = range(AT_ONCE).map((offset) => first + offset - 1)
    for (const socket of await Promise.all(ids.map((id) => connect(nodeOf(id), pathOfAdmin(id), options)))) {
      socket.on('message', count)
    }
  }
  return async () => {
    arrived = 0
    const startedAt = performance.now()
    await new Promise<void>((resolve) => {
      onWhole = () => {
        if (performance.now() - startedAt > SECONDS * 1000) resolve()
        else store.send(frame)
      }
      store.send(frame)
    })
    return (arrived / (performance.now() - startedAt)) * 1000
  }
}
