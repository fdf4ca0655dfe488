import { ABUSE_REPORT_VARIABLE } from '../../../harness/variables.js'
import { appendFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import type { TestAccount } from '../chat/accounts.js'
import { createDatabase, type TestDatabase } from '../databases/database.js'
import { createRedisEnvironment } from '../nodes/redis-environment.js'
import { startServer, type ServerProcess } from '../nodes/server-process.js'
import { readServices } from '../../../harness/services.js'
import { until } from '../../../harness/until.js'
import { addSessions, addStores } from './abuse-data.js'
import { runAttack } from './run-attack.js'
import { residentBytes, startVictims } from './victims.js'
import type { Counts, Spec } from './wire.js'

const QUIET_MS = 3000
const ATTACK_SECONDS = 6
/** Damage may show only after the attack has ended. */
const AFTERMATH_MS = 2500
const MAX_RATIO = 3
/** A quiet p99 below this is noise, and so is three times its value. */
const MIN_QUIET_P99_MS = 10
const MAX_HEALTH_MS = 250
const MEMORY_BACK_MS = 10_000
const MEMORY_LEFT_BYTES = 50 * 2 ** 20
const VICTIMS = 10

interface Node {
  origin: string
  pid: number
  process: ServerProcess
}

/** Preparation of an attack, and additional expectations. */
export interface AttackCase {
  name: string
  attack: string
  /** Creates the attacker's accounts and data. */
  prepare(database: TestDatabase): Promise<Pick<Spec, 'token'> & Partial<Spec>>
  /** Called when the attacker has sent everything. */
  onSent?(database: TestDatabase): unknown
  check?(t: Test, outcome: Outcome): unknown
}

export interface Outcome {
  counts: Counts
  database: TestDatabase
  spec: Spec
  /** The number of database connections that were opened during the attack. */
  newConnections: number
  /** The output of the nodes during the attack. */
  log: string
}

/** Two nodes, and stores that use them during attacks. */
export interface AbuseRun {
  attack(t: Test, one: AttackCase): Promise<void>
}

export async function startAbuseRun(t: Test): Promise<AbuseRun> {
  const database = await createDatabase(t)
  const stores = await addStores(database, VICTIMS)
  for (const { id } of stores) await addSessions(database, id, { closed: 0, messages: 20 })
  let nodes: Node[] | undefined

  return {
    async attack(t2, one) {
      const overrides = await one.prepare(database)
      nodes ??= await startNodes(t, database, stores)
      const isFine = await measure(t2, { database, stores, nodes, one, overrides })
      if (isFine) return
      // The next attack needs nodes that this one has not harmed.
      for (const { process } of nodes) process.kill('SIGKILL')
      nodes = undefined
    },
  }
}

/** Starts two nodes with default limits and warms them up. */
async function startNodes(t: Test, database: TestDatabase, stores: TestAccount[]): Promise<Node[]> {
  const environment = { DATABASE_URL: database.url, ...createRedisEnvironment(readServices().redisUrl) }
  const nodes = await Promise.all(
    [0, 1].map(async () => {
      const process = startServer(t, environment)
      return { process, pid: process.pid, origin: (await process.ready()).origin }
    }),
  )
  const warming = startVictims(nodes, stores, 200)
  await delay(3000)
  await warming.stop()
  return nodes
}

interface Measurement {
  database: TestDatabase
  stores: TestAccount[]
  nodes: Node[]
  one: AttackCase
  overrides: Pick<Spec, 'token'> & Partial<Spec>
}

/** Returns whether the nodes have recovered. */
async function measure(t: Test, { database, stores, nodes, one, overrides }: Measurement): Promise<boolean> {
  const origins = nodes.map(({ origin }) => origin)
  const spec: Spec = {
    attack: one.attack,
    origins,
    adminTokens: [],
    sessionIds: [],
    seconds: ATTACK_SECONDS,
    ...overrides,
  }
  const victims = startVictims(nodes, stores)
  const quietFrom = Date.now()
  await delay(QUIET_MS)
  const before = await residentBytes(nodes)
  const [connectionsBefore, logBefore] = [await countConnections(database), readLog(nodes).length]
  const startedAt = Date.now()
  const counts = await runAttack(t, spec, () => one.onSent?.(database))
  const endedAt = Date.now()
  await delay(AFTERMATH_MS)
  const until10 = MEMORY_BACK_MS - (Date.now() - endedAt)
  const isBack = async () => (await residentBytes(nodes)) - before < MEMORY_LEFT_BYTES
  await until(isBack, until10, 'memory is back').catch(() => undefined)
  const after = await residentBytes(nodes)
  const overAt = Date.now()
  const newConnections = (await countConnections(database)) - connectionsBefore
  const log = readLog(nodes).slice(logBefore)
  const quiet = await victims.latencies(quietFrom, startedAt)
  const during = await victims.latencies(startedAt, endedAt + AFTERMATH_MS)
  const longestHealth = await victims.longestHealth(startedAt, overAt)
  const peak = victims.peakMemory(startedAt, overAt)
  await victims.stop()

  const megabytes = (bytes: number) => Math.round(bytes / 2 ** 20)
  const ratio = during.p99 / Math.max(MIN_QUIET_P99_MS, quiet.p99)
  const row = {
    attack: one.name,
    'quiet p50': quiet.p50,
    'quiet p99': quiet.p99,
    p50: during.p50,
    p99: during.p99,
    ratio: Number(ratio.toFixed(1)),
    failed: during.failed,
    'health ms': longestHealth,
    'RSS MB': megabytes(before),
    peak: megabytes(peak),
    'after 10 s': `${after > before ? '+' : ''}${megabytes(after - before)}`,
    sent: counts['sent'] === 0 ? counts['opened'] : counts['sent'],
    refused: counts['refused'],
    closed: counts['closed'],
  }
  const report = process.env[ABUSE_REPORT_VARIABLE]
  if (report !== undefined) await appendFile(report, `${JSON.stringify(row)}\n`)
  t.comment(JSON.stringify({ newConnections, ...counts }))

  t.ok(ratio <= MAX_RATIO, `p99 of the others: ${quiet.p99} ms quiet, ${during.p99} ms during the attack`)
  t.equal(during.failed, 0, 'the others are answered')
  t.ok(longestHealth <= MAX_HEALTH_MS, `/health/live/ within ${longestHealth} ms`)
  t.ok(after - before < MEMORY_LEFT_BYTES, `memory: ${megabytes(before)} MB before, ${megabytes(after)} MB after`)
  await one.check?.(t, { counts, database, spec, newConnections, log })
  return ratio <= MAX_RATIO && after - before < MEMORY_LEFT_BYTES && longestHealth <= MAX_HEALTH_MS
}

const readLog = (nodes: Node[]) => nodes.map(({ process }) => Object.values(process.output()).join('')).join('')

/** The number of connections that were opened to this database. */
async function countConnections({ query }: TestDatabase): Promise<number> {
  const [row] = await query<{ sessions: string }>(
    'select sessions from pg_stat_database where datname = current_database()',
  )
  return Number(row?.sessions)
}
