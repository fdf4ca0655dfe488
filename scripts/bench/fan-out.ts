import { setTimeout as delay } from 'node:timers/promises'
import { until } from '../../harness/until.js'
import {
  centrifugoEndpoint,
  centrifugoPath,
  describeCentrifugo,
  hasCentrifugoPing,
  SUBSCRIBED,
  subscribeTo,
} from './centrifugo.js'
import { openListener } from './listener.js'
import { range } from './pipelines.js'
import { compete } from './rounds.js'
import { adminToken, seedAccounts, seedSessions, storeToken } from './seed.js'
import { product, rival, type Program, type Server, type Services } from './services.js'

const ADMINS = 2000
const AT_ONCE = 50
const IN_FLIGHT = [1, 16, 64]
const SECONDS = 5
const ROUNDS = 3
const CONTENT = '"Where is my parcel?"'
const RATE = 10
const LATENCY_ROUNDS = 5

/** Measures the fan-out of an open session's messages to the sockets of all admins on two nodes. */
export async function compareFanOut(services: Services): Promise<string> {
  const audiences: { name: string; audience: Audience }[] = []
  for (const [name, contestant] of Object.entries(await describeContestants(services))) {
    audiences.push({ name, audience: await openAudience(services, contestant) })
  }
  const tables: string[] = []
  for (const inFlight of IN_FLIGHT) {
    const title = `One open session's messages to ${ADMINS} admin sockets on two nodes, ${inFlight} in flight`
    const contestants = audiences.map(({ name, audience }) => ({
      name,
      measure: async () => ({ 'deliveries/s': await measureRate(audience, inFlight) }),
    }))
    tables.push(await compete(title, contestants, ROUNDS))
  }
  const title = `Latency of a delivery to each of ${ADMINS} sockets, ${RATE} messages/s`
  const contestants = audiences.map(({ name, audience }) => ({ name, measure: () => measureLatency(audience) }))
  tables.push(await compete(title, contestants, LATENCY_ROUNDS))
  return tables.join('\n')
}

interface Contestant {
  program: string[] | Program
  environment: Record<string, string>
  pathOfStore: string
  pathOfAdmin(id: number): string
  message: string
  /** The first frame of a client. */
  greeting?: string
  /** Prefix of the frame after which a client receives messages. */
  readyMark: string
  /** Returns a client's reply to a frame, if that is a ping. */
  answer?(payload: Buffer): string | undefined
}

/**
 * Describes the contestants. Each has a database of its own, because the product would find and deliver what others
 * write into its sessions.
 */
async function describeContestants(services: Services): Promise<Record<string, Contestant>> {
  const { redisUrl } = services
  const environmentOf = async (database: string) => ({
    DATABASE_URL: await seedAudience(services, database),
    REDIS_URL: redisUrl,
  })
  return {
    'store-chat': {
      program: product,
      environment: {
        ...(await environmentOf('ours')),
        ...{ SOCKET_FRAMES_PER_SECOND: '100000', SOCKET_FRAME_BURST: '100000' },
      },
      pathOfStore: `/v1/chat/ws/store/?token=${storeToken(1)}`,
      pathOfAdmin: (id) => `/v1/chat/ws/admin/?token=${adminToken(id)}`,
      message: `{"type":"message","payload":{"content":${CONTENT}}}`,
      readyMark: '{"type":"ready"',
    },
    'Socket.IO, Redis adapter, Prisma create': {
      program: rival('socket-io'),
      environment: await environmentOf('theirs'),
      pathOfStore: '/socket.io/?EIO=4&transport=websocket&sessions=1',
      pathOfAdmin: () => '/socket.io/?EIO=4&transport=websocket&broadcast=1',
      message: `42["message",{"session":1,"content":${CONTENT}}]`,
      greeting: '40',
      readyMark: '40',
      // Engine.IO's ping.
      answer: ({ length }) => (length === 1 ? '3' : undefined),
    },
    ...(centrifugoPath !== undefined && {
      'Centrifugo over Redis, nothing stored': describeCentrifugoContestant(centrifugoPath, redisUrl, false),
      'Centrifugo over Redis, history and recovery': describeCentrifugoContestant(centrifugoPath, redisUrl, true),
    }),
  }
}

const describeCentrifugoContestant = (command: string, redisUrl: string, keepsHistory: boolean): Contestant => ({
  program: describeCentrifugo(command, redisUrl, { keepsHistory }),
  environment: {},
  pathOfStore: centrifugoEndpoint,
  pathOfAdmin: () => centrifugoEndpoint,
  message: `{"id":3,"publish":{"channel":"admins","data":{"content":${CONTENT}}}}`,
  greeting: subscribeTo('admins'),
  readyMark: SUBSCRIBED,
  answer: (payload) => (hasCentrifugoPing(payload) ? '{}' : undefined),
})

async function seedAudience({ createDatabase }: Services, name: string): Promise<string> {
  const databaseUrl = await createDatabase(name)
  await seedAccounts(databaseUrl, 1, ADMINS)
  await seedSessions(databaseUrl, 1, false)
  return databaseUrl
}

/** A store, and the admins that receive its messages. */
interface Audience {
  send(): void
  /** Called for each message that has arrived at an admin's socket. */
  onArrival(listener: () => void): void
}

async function openAudience({ startServer }: Services, contestant: Contestant): Promise<Audience> {
  const { program, environment, pathOfStore, pathOfAdmin, message, greeting, readyMark, answer } = contestant
  const nodes = [await startServer(program, environment), await startServer(program, environment)] as const
  const [mark, markBelow, content] = [readyMark, `\n${readyMark}`, CONTENT].map((text) => Buffer.from(text)) as [
    Buffer,
    Buffer,
    Buffer,
  ]
  let ready = 0
  let arrive: () => void = () => undefined
  const take = (payload: Buffer) => {
    if (ready < ADMINS && (payload.subarray(0, mark.length).equals(mark) || payload.includes(markBelow))) ready++
    for (let at = payload.indexOf(content); at >= 0; at = payload.indexOf(content, at + 1)) arrive()
  }
  const open = async (node: Server, path: string, isCounted: boolean) => {
    const listener = await openListener(node, path, (payload) => {
      const reply = answer?.(payload)
      if (reply !== undefined) listener.send(reply)
      if (isCounted) take(payload)
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
  return { send: () => store.send(message), onArrival: (listener) => (arrive = listener) }
}

/** Measures the rate of deliveries. When all admins have received a message, the store sends the next one. */
async function measureRate({ send, onArrival }: Audience, inFlight: number): Promise<number> {
  let arrived = 0
  let sent = 0
  const sendOne = () => {
    sent++
    send()
  }
  const startedAt = performance.now()
  const elapsedMs = () => performance.now() - startedAt
  onArrival(() => {
    if (++arrived % ADMINS === 0 && elapsedMs() < SECONDS * 1000) sendOne()
  })
  for (let first = 0; first < inFlight; first++) sendOne()
  await until(() => arrived === sent * ADMINS && elapsedMs() >= SECONDS * 1000, 60_000, 'all deliveries')
  return (arrived / elapsedMs()) * 1000
}

/**
 * Measures the latency from sending to each arrival, at a steady rate. Each message is sent after the previous one has
 * arrived everywhere.
 */
async function measureLatency({ send, onArrival }: Audience): Promise<Record<string, number>> {
  const latencies: number[] = []
  let sentAt = 0
  onArrival(() => latencies.push(performance.now() - sentAt))
  const total = RATE * SECONDS
  for (let sent = 1; sent <= total; sent++) {
    sentAt = performance.now()
    send()
    await until(() => latencies.length === sent * ADMINS, 10_000, 'all deliveries')
    await delay(Math.max(0, 1000 / RATE - (performance.now() - sentAt)))
  }
  const sorted = latencies.toSorted((one, other) => one - other)
  const quantile = (part: number) => sorted[Math.floor(part * (sorted.length - 1))] ?? NaN
  return { 'ms (p50)': quantile(0.5), 'ms (p99)': quantile(0.99) }
}
