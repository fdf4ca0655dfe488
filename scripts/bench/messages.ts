import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { until } from '../../harness/until.js'
import { openPipelines, range, seedPipeline, SESSIONS, type Pipeline } from './pipelines.js'
import { compete, type Contestant } from './rounds.js'
import type { Services } from './services.js'

const ROUNDS = 3
/** With 1,000 messages in a round, ten decide the p99: a single stall of the machine can cause it. */
const LATENCY_ROUNDS = 9
const SECONDS = 5
const IN_FLIGHT = [200, 800]
const RATE = 200

/** Measures throughput and latency of messages from a socket on one node, through a commit, to a socket on the other. */
export async function compareMessages(services: Services): Promise<string> {
  await seedPipeline(services.databaseUrl)
  const pipelines = await openPipelines(services)
  const tables: string[] = []
  for (const inFlight of IN_FLIGHT) {
    const contestants: Contestant[] = pipelines.map((pipeline) => ({
      name: pipeline.name,
      measure: async () => ({ 'messages/s': await measureThroughput(pipeline, inFlight) }),
    }))
    contestants.push({
      name: 'pgbench: the single-row statement, 8 clients',
      measure: async () => ({ 'messages/s': await runPgbench(services.databaseUrl) }),
    })
    tables.push(await compete(`Durable messages, ${SESSIONS} sessions, ${inFlight} in flight`, contestants, ROUNDS))
  }
  const contestants = pipelines.map((pipeline) => ({ name: pipeline.name, measure: () => measureLatency(pipeline) }))
  tables.push(await compete(`Latency of the same way at ${RATE} messages/s`, contestants, LATENCY_ROUNDS))
  return tables.join('\n')
}

/**
 * Measures the rate of arrivals with a constant number of messages in flight: each arrival sends the next message of
 * its session.
 */
export async function measureThroughput(pipeline: Pipeline, inFlight: number, seconds = SECONDS): Promise<number> {
  let arrived = 0
  let underWay = 0
  let isOver = false
  const send = (session: number) => {
    underWay++
    pipeline.send(session, `${session} Where is my parcel?`)
  }
  pipeline.receive = (content) => {
    arrived++
    underWay--
    if (!isOver) send(Number(content.split(' ')[0]))
  }
  for (const session of range(SESSIONS)) for (let sent = 0; sent < inFlight / SESSIONS; sent++) send(session)
  // The first second warms up.
  await pause(1000)
  const before = arrived
  const startedAt = performance.now()
  await pause(seconds * 1000)
  const rate = ((arrived - before) / (performance.now() - startedAt)) * 1000
  isOver = true
  await until(() => underWay === 0, 10_000, 'the last messages')
  return rate
}

/** Measures the latency from send to arrival at a steady rate. */
async function measureLatency(pipeline: Pipeline): Promise<Record<string, number>> {
  const total = RATE * SECONDS
  const latencies: number[] = []
  pipeline.receive = (content) => latencies.push(performance.now() - Number(content.split(' ')[1]))
  const startedAt = performance.now()
  for (let sent = 0; sent < total; sent++) {
    const due = startedAt + (sent * 1000) / RATE
    if (due > performance.now()) await pause(due - performance.now())
    const session = 1 + (sent % SESSIONS)
    pipeline.send(session, `${session} ${performance.now()} Where is my parcel?`)
  }
  await until(() => latencies.length === total, 10_000, 'the last messages')
  const sorted = latencies.toSorted((one, other) => one - other)
  const quantile = (part: number) => sorted[Math.floor(part * (total - 1))] ?? NaN
  return { 'ms (p50)': quantile(0.5), 'ms (p99)': quantile(0.99) }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Measures with pgbench how many messages PostgreSQL commits per second when each is a transaction of its own. */
async function runPgbench(databaseUrl: string): Promise<number> {
  const args = ['-n', '-M', 'prepared', '-c', '8', '-j', '2', '-T', String(SECONDS), '-f', 'scripts/bench/message.sql']
  const { stdout } = await promisify(execFile)('pgbench', [...args, databaseUrl])
  return Number(/tps = ([\d.]+)/.exec(stdout)?.[1])
}
