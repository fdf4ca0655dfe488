import { appendFile } from 'node:fs/promises'
import type { Test } from 'tap'
import { addAdmin, addStore, type TestAccount } from '../chat/accounts.js'
import { createDatabase, type TestDatabase } from '../databases/database.js'
import { noLimitsEnvironment } from '../../../harness/no-limits.js'
import { MESSAGES_OF_A_RESET, startReader, type Reader } from './reader.js'
import { chooseSeed, createRandom } from '../seed.js'
import { startServer, withoutCoverage, type ServerProcess } from '../nodes/server-process.js'
import { until } from '../../../harness/until.js'
import { FAULT_REPORT_VARIABLE } from '../../../harness/variables.js'
import { startWriter, type Writer, type WriterOptions } from './writer.js'

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

/** Nodes in their own processes, clients that write and read all the time, and a check of what they received. */
export interface FaultRun {
  random: () => number
  database: TestDatabase
  nodes: FaultNode[]
  conversations: Conversation[]
  readers: Reader[]
  writers: Writer[]
  /** The origins of the nodes that are running. */
  origins(): string[]
  /** Lets the writers finish their current message and pause until `resume`. */
  pause(): Promise<void>
  resume(): void
  /** Allows sessions to start over (`reset`) from now on. */
  setBack(): void
  /** Excludes acknowledged messages that a database set back has lost from the check. */
  forgive(database: TestDatabase): Promise<number>
  /** Differences between the database and what the readers (and the given others) have received. */
  differences(others?: { reader: Reader; sessionId: number }[]): Promise<string[]>
  /** Restarts a node that has ended. */
  restart(index: number): Promise<void>
  /** Counts a fault. */
  injected(count?: number): void
  /** Stops the writers, waits until all readers have everything, and compares it with what was acknowledged. */
  finish(name: string): Promise<void>
}

export async function startFaultRun(t: Test, options: FaultRunOptions = {}): Promise<FaultRun> {
  const { nodes: nodeCount = 3, conversations: count = 4, environment = {}, writer = {} } = options
  const random = createRandom(chooseSeed(t))
  const database = options.database ?? (await createDatabase(t))
  const nodes: FaultNode[] = []
  const origins = () => nodes.flatMap(({ origin }) => origin ?? [])
  let faults = 0
  let wasSetBack = false
  let isPaused = false

  async function start(index: number): Promise<void> {
    const server = startServer(t, {
      DATABASE_URL: database.url,
      SOCKET_FRAMES_PER_SECOND: '10000',
      SOCKET_FRAME_BURST: '10000',
      LOG_LEVEL: 'info',
      ...withoutCoverage,
      ...noLimitsEnvironment,
      ...environment,
    })
    const node: FaultNode = { process: server, origin: undefined }
    nodes[index] = node
    node.origin = (await server.ready()).origin
  }
  await Promise.all(Array.from({ length: nodeCount }, (_, index) => start(index)))

  const conversations = await Promise.all(Array.from({ length: count }, () => converse(database, origins()[0] ?? '')))
  const readers = conversations.flatMap(({ store, admin, sessionId }) =>
    (['store', 'admin'] as const).flatMap((side) =>
      // Created and claimed: two events.
      [0, 1].map(() =>
        startReader(t, {
          side,
          account: side === 'store' ? store : admin,
          origins,
          random,
          from: { [sessionId]: 2 },
          wasSetBack: () => wasSetBack,
        }),
      ),
    ),
  )
  await until(() => readers.every((reader) => reader.isConnected()), 20_000, 'all readers are connected')
  const writers = conversations.flatMap(({ store, admin, sessionId }, index) =>
    (['store', 'admin'] as const).map((side, second) =>
      startWriter(t, {
        name: `${index}.${side}`,
        side,
        account: side === 'store' ? store : admin,
        sessionId,
        origins,
        random,
        over: (index + second) % 2 === 0 ? 'socket' : 'http',
        pauseMs: 15,
        isPaused: () => isPaused,
        ...writer,
      }),
    ),
  )

  const expectations = conversations.flatMap(({ sessionId }, index) =>
    readers.slice(index * 4, index * 4 + 4).map((reader) => ({ reader, sessionId })),
  )
  const findDifferences = (stored: Stored, all = expectations) =>
    all.flatMap(({ reader, sessionId }) => compare(reader, sessionId, stored.get(sessionId) ?? new Map()))

  return {
    random,
    database,
    nodes,
    conversations,
    readers,
    writers,
    origins,
    async pause() {
      isPaused = true
      await until(() => writers.every((one) => one.isIdle()), 15_000, 'all writers are idle')
    },
    resume: () => void (isPaused = false),
    restart: start,
    injected: (more = 1) => void (faults += more),
    setBack: () => void (wasSetBack = true),
    async forgive(source) {
      const all = new Map([...(await readStored(source)).values()].flatMap((messages) => [...messages]))
      const gone = writers.flatMap(({ acknowledged }) =>
        [...acknowledged].flatMap(([name, id]) => (isStored(all, name, id) ? [] : [{ acknowledged, name }])),
      )
      for (const { acknowledged, name } of gone) acknowledged.delete(name)
      return gone.length
    },
    differences: async (others = []) => findDifferences(await readStored(database), [...expectations, ...others]),
    async finish(name) {
      await Promise.all(writers.map((one) => one.stop()))
      const startedAt = Date.now()
      const stored = await readStored(database)
      const missing = () => findDifferences(stored)
      await until(() => missing().length === 0, CONVERGENCE_DEADLINE_MS, 'everybody has everything').catch(
        () => undefined,
      )
      const convergedMs = Date.now() - startedAt
      const all = new Map([...stored.values()].flatMap((messages) => [...messages]))
      const acknowledged = writers.flatMap((one) => [...one.acknowledged])
      const unstored = acknowledged.filter(([name, id]) => !isStored(all, name, id))
      const contents = [...all.values()]
      const storedTwice = contents.length - new Set(contents).size
      const violations = readers.flatMap((reader) => reader.violations)
      const latencies = writers.flatMap((one) => one.latenciesMs).sort((one, other) => one - other)
      const row = {
        name,
        faults,
        acknowledged: acknowledged.length,
        deliveries: readers.reduce((sum, { counts }) => sum + counts.deliveries, 0),
        lost: unstored.length + missing().length,
        duplicated: storedTwice + violations.length,
        convergedMs,
        reconnects: readers.reduce((sum, { counts }) => sum + counts.connects - 1, 0),
        retries: writers.reduce((sum, { counts }) => sum + counts.retries, 0),
        medianMs: Math.round(latencies[Math.floor(latencies.length / 2)] ?? 0),
      }
      const report = process.env[FAULT_REPORT_VARIABLE]
      if (report !== undefined) await appendFile(report, `${JSON.stringify(row)}\n`)
      t.strictSame(violations.slice(0, 10), [], 'once, in order, without holes')
      t.strictSame(unstored, [], 'what was acknowledged is stored')
      t.equal(storedTwice, 0, 'and stored once')
      t.strictSame(missing().slice(0, 10), [], 'and has reached every reader, and nothing else has')
      t.ok(faults > 0 && acknowledged.length > 50, JSON.stringify(row))
    },
  }

  /** The content of all messages by session and id. */
  async function readStored({ query }: TestDatabase): Promise<Stored> {
    const rows = await query<{ session: string; id: string; content: string }>(
      'select session_id as session, id, content from chat_message where session_id = any($1) order by session_id, seq',
      [conversations.map(({ sessionId }) => sessionId)],
    )
    const stored: Stored = new Map(conversations.map(({ sessionId }) => [sessionId, new Map()]))
    for (const { session, id, content } of rows) stored.get(Number(session))?.set(Number(id), content)
    return stored
  }
}

type Stored = Map<number, Map<number, string>>

const isStored = (all: Map<number, string>, name: string, id: number) => all.get(id)?.startsWith(`${name} `) === true

/** Messages of a session that a reader misses, and messages that it has but the database has not. */
function compare(reader: Reader, sessionId: number, stored: Map<number, string>): string[] {
  const seen = reader.messagesOf(sessionId)
  const beginning = reader.beginningOf(sessionId)
  const due = [...stored].filter(([id]) => id >= beginning)
  const missed = due
    .filter(([id, content]) => seen.get(id) !== content)
    .map(([id]) => `${id} of ${sessionId} is missed`)
  const stray = [...seen].filter(([id, content]) => stored.get(id) !== content)
  const isShort = due.length < Math.min(MESSAGES_OF_A_RESET, stored.size)
  return [
    ...missed,
    ...stray.map(([id, content]) => `${id} of ${sessionId} is not in the database: ${content.slice(0, 40)}`),
    ...(isShort ? [`${sessionId} begins too late, at ${beginning}`] : []),
  ]
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
