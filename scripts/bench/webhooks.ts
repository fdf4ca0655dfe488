import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { until } from '../../harness/until.js'
import { readDatabaseState, startCpuClock } from './cpu-time.js'
import { measureThroughput } from './messages.js'
import { openProduct, range, SESSIONS, type OpenPipeline } from './pipelines.js'
import { compete } from './rounds.js'
import { rival, type Services } from './services.js'

const ROUNDS = 7
const IN_FLIGHT = 200
const WEBHOOKS = 10
const CATCH_UP_MS = 30_000
/** For the latency: one message each 50 ms, each to eight receivers that work. */
const PAUSE_MS = 50
const MESSAGES = 400
const PLATFORM_TOKEN = 'platform-token-of-the-benchmark'
const environment = { PLATFORM_TOKEN, WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' }

/** What ten webhooks cost the messages, and when a receiver has one, beside receivers that hang and fail. */
export async function compareWebhooks(services: Services): Promise<string> {
  const pipeline = await openProduct(services, 'store-chat', environment, environment)
  const platform = createPlatform(pipeline.origin)
  return [await measureCost(services, pipeline, platform), await measureDelay(pipeline, platform)].join('\n')
}

type Platform = ReturnType<typeof createPlatform>

function createPlatform(origin: string) {
  const call = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${origin}/v1/chat/platform/webhooks/${path}`, {
      method,
      headers: { authorization: `Token ${PLATFORM_TOKEN}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`)
    return (await response.json()) as { id: number }
  }
  return {
    create: async (url: string) => (await call('POST', '', { url })).id,
    // A busy node may answer 503.
    remove: (id: number) => until(() => call('DELETE', `${id}/`), 30_000, `webhook ${id} is deleted`),
  }
}

/** Both on one pair of nodes, so that they differ in nothing else. The receiver takes its share of the machine. */
async function measureCost(services: Services, pipeline: OpenPipeline, platform: Platform): Promise<string> {
  const receiver = await services.startServer(rival('receiver'), {})
  const saturated: Receipts[] = []
  const measure = async () => {
    // The webhooks meet the sessions for the first time, and the nodes find out that they are busy.
    await measureThroughput(pipeline, IN_FLIGHT, 1)
    const before = await readDatabaseState(pipeline.databaseUrl)
    const readMs = await startCpuClock([...pipeline.pids, ...before.pids])
    const rate = await measureThroughput(pipeline, IN_FLIGHT)
    const cpuMs = await readMs()
    const { messages } = await readDatabaseState(pipeline.databaseUrl)
    const cost = (cpuMs * 1000) / (messages - before.messages)
    return { 'messages/s': rate, 'µs of CPU a message, nodes and PostgreSQL': cost }
  }
  const contestants = [
    {
      name: `${WEBHOOKS} webhooks`,
      async measure() {
        const ids = await createAll(platform, receiver.origin)
        const startedAt = performance.now()
        const figures = await measure()
        // With the seconds in which the nodes find out that they are busy.
        saturated.push(await takeReceipts(receiver.origin, performance.now() - startedAt))
        await Promise.all(ids.map((id) => platform.remove(id)))
        await pause(2000)
        return figures
      },
    },
    { name: 'none', measure },
  ]
  const table = await compete(`Durable messages, ${SESSIONS} sessions, ${IN_FLIGHT} in flight`, contestants, ROUNDS)
  const catchUp = await measureCatchUp(pipeline, platform, receiver.origin)
  await receiver.stop()
  return [table, describeReceipts(saturated.slice(1)), catchUp].join('\n')
}

async function createAll(platform: Platform, url: string): Promise<number[]> {
  const ids = await Promise.all(range(WEBHOOKS).map(() => platform.create(url)))
  // Every node looks for webhooks each second.
  await pause(2000)
  return ids
}

/** What the receiver in its own process has got. */
interface Receipts {
  perSecond: number
  /** From the event to its receipt. */
  delaysMs: number[]
}

async function takeReceipts(receiverUrl: string, tookMs: number): Promise<Receipts> {
  const delaysMs = (await (await fetch(receiverUrl)).json()) as number[]
  return { perSecond: (delaysMs.length * 1000) / tookMs, delaysMs }
}

function describeReceipts(rounds: Receipts[]): string {
  const rates = rounds.map(({ perSecond }) => Math.round(perSecond)).toSorted((one, other) => one - other)
  const delaysMs = rounds.flatMap((round) => round.delaysMs).toSorted((one, other) => one - other)
  return [
    `### Meanwhile, what the ${WEBHOOKS} webhooks were sent: deliveries yield to the messages`,
    '',
    '| | |',
    '|---|---|',
    `| deliveries/s in a round | ${rates[0]}–${rates.at(-1)} |`,
    ...[0.5, 0.95].map((part) => `| ms from the commit to the receipt, p${part * 100} | ${quantile(delaysMs, part)} |`),
    '',
  ].join('\n')
}

/** How fast the nodes deliver what has waited, once nobody sends any more. */
async function measureCatchUp(pipeline: OpenPipeline, platform: Platform, receiverUrl: string): Promise<string> {
  const ids = await createAll(platform, receiverUrl)
  const before = await readDatabaseState(pipeline.databaseUrl)
  await measureThroughput(pipeline, IN_FLIGHT)
  const { messages } = await readDatabaseState(pipeline.databaseUrl)
  const startedAt = performance.now()
  const owed = (messages - before.messages) * WEBHOOKS - (await takeReceipts(receiverUrl, 1)).delaysMs.length
  let delivered = 0
  while (delivered < owed && performance.now() - startedAt < CATCH_UP_MS) {
    await pause(500)
    delivered += (await takeReceipts(receiverUrl, 1)).delaysMs.length
  }
  const seconds = (performance.now() - startedAt) / 1000
  await Promise.all(ids.map((id) => platform.remove(id)))
  return [
    '### Afterwards, when nobody sends: what has waited is delivered',
    '',
    '| waited | delivered | in s | deliveries/s |',
    '|---|---|---|---|',
    `| ${owed} | ${delivered} | ${seconds.toFixed(0)} | ${Math.round(delivered / seconds)} |`,
    '',
  ].join('\n')
}

const quantile = (sorted: number[], part: number) => sorted[Math.floor(part * (sorted.length - 1))] ?? NaN

/** From the commit of a message to its receipt by those that work, while one hangs and one answers 500. */
async function measureDelay(pipeline: OpenPipeline, platform: Platform): Promise<string> {
  const delays: number[] = []
  const receiver = await startReceiver((created) => delays.push(Date.now() - created))
  const kinds = ['hang', 'fail', ...range(WEBHOOKS - 2).map((number) => `works/${number}`)]
  await Promise.all(kinds.map((kind) => platform.create(`${receiver.origin}/${kind}`)))
  await pause(2000)
  pipeline.receive = () => undefined
  const send = async (count: number) => {
    for (let sent = 0; sent < count; sent++) {
      const session = 1 + (sent % SESSIONS)
      pipeline.send(session, `${session} Where is my parcel?`)
      await pause(PAUSE_MS)
    }
    await until(() => delays.length >= count * (WEBHOOKS - 2), 60_000, 'all have arrived')
  }
  // Connections are opened, and the retries of the two that fail have begun.
  await send(100)
  delays.length = 0
  await send(MESSAGES)
  receiver.close()
  const sorted = delays.toSorted((one, other) => one - other)
  return [
    `### From commit to receipt, ${WEBHOOKS} webhooks of which one hangs and one fails, ${1000 / PAUSE_MS} messages/s`,
    '',
    '| | ms |',
    '|---|---|',
    ...[0.5, 0.95, 0.99, 1].map(
      (part) => `| p${part * 100} of ${sorted.length} receipts | ${quantile(sorted, part)} |`,
    ),
    '',
  ].join('\n')
}

async function startReceiver(onMessage: (createdMs: number) => void) {
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.once('end', () => {
      if (request.url === '/hang') return undefined
      if (request.url === '/fail') return response.writeHead(500).end()
      const { data } = JSON.parse(body) as { data: { message?: { created: string } } }
      if (data.message) onMessage(Date.parse(data.message.created))
      return response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
