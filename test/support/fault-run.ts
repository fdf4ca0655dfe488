import { appendFile } from 'node:fs/promises'
import type { Test } from 'tap'
import { addAdmin, addStore, type TestAccount } from './accounts.js'
import { createDatabase, type TestDatabase } from './database.js'
import { noLimitsEnvironment } from './no-limits.js'
import { startReader, type Reader } from './reader.js'
import { chooseSeed, createRandom } from './seed.js'
import { startServer, type ServerProcess } from './server-process.js'
import { until } from './until.js'
import { startWriter, type Writer, type WriterOptions } from './writer.js'

/** Where the runs leave their line of the table. */
export const REPORT_VARIABLE = 'FAULT_REPORT'
const CONVERGENCE_DEADLINE_MS = 30_000

export interface FaultRunOptions {
  nodes?: number
  conversations?: number
  database?: TestDatabase
  environment?: Record<string, string>
  writer?: Partial<WriterOptions>
}

export interface FaultNode {
  process: ServerProcess
  origin: string | undefined
}

export interface Conversation {
  store: TestAccount
  admin: TestAccount
  sessionId: number
}

/** Nodes in processes of their own, with clients that write and read all the time, and a checker of what they saw. */
export interface FaultRun {
  random: () => number
  database: TestDatabase
  nodes: FaultNode[]
  conversations: Conversation[]
  readers: Reader[]
  writers: Writer[]
  /** Starts a node again in the place of one that has ended. */
  restart(place: number): Promise<void>
  /** Counts a fault. */
  injected(count?: number): void
  /** Stops the writers, waits until all have everything, and holds what was seen against what was acknowledged. */
  finish(name: string): Promise<void>
}

export async function startFaultRun(t: Test, options: FaultRunOptions = {}): Promise<FaultRun> {
  const { nodes: nodeCount = 3, conversations: count = 4, environment = {}, writer = {} } = options
  const random = createRandom(chooseSeed(t))
  const database = options.database ?? (await createDatabase(t))
  const nodes: FaultNode[] = []
  const origins = () => nodes.flatMap(({ origin }) => origin ?? [])
  let faults = 0

  async function start(place: number): Promise<void> {
    const server = startServer(t, {
      DATABASE_URL: database.url,
      SOCKET_FRAMES_PER_SECOND: '10000',
      SOCKET_FRAME_BURST: '10000',
      LOG_LEVEL: 'info',
      ...noLimitsEnvironment,
      ...environment,
    })
    const node: FaultNode = { process: server, origin: undefined }
    nodes[place] = node
    node.origin = (await server.ready()).origin
  }
  await Promise.all(Array.from({ length: nodeCount }, (_, place) => start(place)))

  const conversations = await Promise.all(Array.from({ length: count }, () => converse(database, origins()[0] ?? '')))
  const readers = conversations.flatMap(({ store, admin, sessionId }) =>
    (['store', 'admin'] as const).flatMap((side) =>
      // Created and claimed: two events.
      [0, 1].map(() =>
        startReader(t, { side, account: side === 'store' ? store : admin, origins, random, from: { [sessionId]: 2 } }),
      ),
    ),
  )
  await until(() => readers.every((reader) => reader.isConnected()), 20_000, 'all readers are connected')
  const writers = conversations.flatMap(({ store, admin, sessionId }, place) =>
    (['store', 'admin'] as const).map((side, second) =>
      startWriter(t, {
        name: `${place}.${side}`,
        side,
        account: side === 'store' ? store : admin,
        sessionId,
        origins,
        random,
        over: (place + second) % 2 === 0 ? 'socket' : 'http',
        pauseMs: 15,
        ...writer,
      }),
    ),
  )

  return {
    random,
    database,
    nodes,
    conversations,
    readers,
    writers,
    restart: start,
    injected: (more = 1) => void (faults += more),
    async finish(name) {
      await Promise.all(writers.map((one) => one.stop()))
      const startedAt = Date.now()
      const stored = new Map<number, Map<number, string>>()
      for (const { sessionId } of conversations) {
        const rows = await database.query<{ id: string; content: string }>(
          'select id, content from chat_message where session_id = $1 order by seq',
          [sessionId],
        )
        stored.set(sessionId, new Map(rows.map(({ id, content }) => [Number(id), content])))
      }
      const expectations = conversations.flatMap(({ sessionId }, place) =>
        readers.slice(place * 4, place * 4 + 4).map((reader) => ({ reader, sessionId })),
      )
      const missing = () =>
        expectations.reduce((sum, { reader, sessionId }) => {
          const seen = reader.messagesOf(sessionId)
          return sum + [...(stored.get(sessionId) ?? [])].filter(([id, content]) => seen.get(id) !== content).length
        }, 0)
      await until(() => missing() === 0, CONVERGENCE_DEADLINE_MS, 'everybody has everything').catch(() => undefined)
      const convergedMs = Date.now() - startedAt
      const all = new Map([...stored.values()].flatMap((messages) => [...messages]))
      const acknowledged = writers.flatMap((one) => [...one.acknowledged])
      const unstored = acknowledged.filter(([name, id]) => all.get(id)?.startsWith(`${name} `) !== true)
      const contents = [...all.values()]
      const storedTwice = contents.length - new Set(contents).size
      const violations = readers.flatMap((reader) => reader.violations)
      const latencies = writers.flatMap((one) => one.latenciesMs).sort((one, other) => one - other)
      const row = {
        name,
        faults,
        acknowledged: acknowledged.length,
        deliveries: readers.reduce((sum, { counts }) => sum + counts.deliveries, 0),
        lost: unstored.length + missing(),
        duplicated: storedTwice + violations.length,
        convergedMs,
        reconnects: readers.reduce((sum, { counts }) => sum + counts.connects - 1, 0),
        retries: writers.reduce((sum, { counts }) => sum + counts.retries, 0),
        medianMs: Math.round(latencies[Math.floor(latencies.length / 2)] ?? 0),
      }
      const report = process.env[REPORT_VARIABLE]
      if (report !== undefined) await appendFile(report, `${JSON.stringify(row)}\n`)
      t.strictSame(violations.slice(0, 10), [], 'once, in order, without holes')
      t.strictSame(unstored, [], 'what was acknowledged is stored')
      t.equal(storedTwice, 0, 'and stored once')
      t.equal(missing(), 0, 'and has reached every reader')
      t.ok(faults > 0 && acknowledged.length > 50, JSON.stringify(row))
    },
  }
}

async function converse(database: TestDatabase, origin: string): Promise<Conversation> {
  const [store, admin] = await Promise.all([addStore(database), addAdmin(database)])
  const call = async (path: string, { token }: TestAccount, body?: object) => {
    const answer = await fetch(`${origin}/v1/chat/${path}/`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Token ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}`)
    return (await answer.json()) as { id: number }
  }
  const { id } = await call('store/session', store)
  await call('admin/session/claim', admin, { session_id: id })
  return { store, admin, sessionId: id }
}
