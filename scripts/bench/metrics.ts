import { readFileSync } from 'node:fs'
import { findFreePort } from '../../harness/free-port.js'
import { headersOfStore, limitsUnset, measureReads, READ_PATH, READ_STORES } from './hot-read.js'
import { measureThroughput } from './messages.js'
import { openProduct, seedPipeline } from './pipelines.js'
import { compete, type Contestant } from './rounds.js'
import { seedAccounts, seedSessions } from './seed.js'
import { product, type Services } from './services.js'

/** The cost of metrics is smaller than the difference between rounds, so many rounds are needed. */
const ROUNDS = 7
const CONNECTIONS = 32
const IN_FLIGHT = 200
/** Prometheus scrapes every 60 s by default. */
const SCRAPE_INTERVAL_MS = 5000

/** Compares the hot read and durable messages of nodes with metrics, scraped every 5 s, and without. */
export async function compareMetrics(services: Services): Promise<string> {
  return `${await compareReads(services)}\n${await compareSends(services)}`
}

async function compareReads({ createDatabase, startServer }: Services): Promise<string> {
  const databaseUrl = await createDatabase('metrics_reads')
  await seedAccounts(databaseUrl, READ_STORES, 1)
  await seedSessions(databaseUrl, 20, false)
  const contestants: Contestant[] = []
  const stops: (() => Promise<void>)[] = []
  for (const port of [String(await findFreePort()), '']) {
    const environment = { DATABASE_URL: databaseUrl, ...limitsUnset, METRICS_PORT: port }
    const server = await startServer(product, environment)
    stops.push(() => server.stop())
    const measure = async () => {
      const cpuBefore = readCpuSeconds([server.pid])
      const { rate, count } = await measureReads(`${server.origin}${READ_PATH}`, CONNECTIONS, headersOfStore)
      return { 'requests/s': rate, ...perCpuSecond('requests', count, readCpuSeconds([server.pid]) - cpuBefore) }
    }
    contestants.push({ name: nameOf(port), measure: () => whileScraped([port], measure) })
  }
  const table = await compete(`GET store/session/, ${CONNECTIONS} connections`, contestants, ROUNDS)
  for (const stop of stops) await stop()
  return table
}

async function compareSends(services: Services): Promise<string> {
  await seedPipeline(services.databaseUrl)
  const contestants: Contestant[] = []
  for (const isOn of [true, false]) {
    const ports = isOn ? [String(await findFreePort()), String(await findFreePort())] : ['', '']
    const [near = '', far = ''] = ports
    const pids: number[] = []
    const startServer: Services['startServer'] = async (program, environment) => {
      const server = await services.startServer(program, environment)
      pids.push(server.pid)
      return server
    }
    const settings = [{ METRICS_PORT: near }, { METRICS_PORT: far }]
    const pipeline = await openProduct({ ...services, startServer }, nameOf(near), ...settings)
    let count = 0
    const { send } = pipeline
    pipeline.send = (session, content) => {
      count++
      send(session, content)
    }
    const measure = async () => {
      const [countBefore, cpuBefore] = [count, readCpuSeconds(pids)]
      const rate = await measureThroughput(pipeline, IN_FLIGHT)
      const cpuSeconds = readCpuSeconds(pids) - cpuBefore
      return { 'messages/s': rate, ...perCpuSecond('messages', count - countBefore, cpuSeconds) }
    }
    contestants.push({ name: pipeline.name, measure: () => whileScraped(ports, measure) })
  }
  return compete(`Durable messages, ${IN_FLIGHT} in flight`, contestants, ROUNDS)
}

/** The rate per second of the nodes' CPU time. It depends less than the rate on what else the machine does. */
const perCpuSecond = (what: string, count: number, cpuSeconds: number) => ({
  [`${what} per second of CPU`]: count / cpuSeconds,
})

const TICKS_PER_SECOND = 100

/**
 * Returns the CPU time of processes in user and kernel mode: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
function readCpuSeconds(pids: number[]): number {
  const ticks = pids.map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    return Number(fields[11]) + Number(fields[12])
  })
  return ticks.reduce((sum, one) => sum + one, 0) / TICKS_PER_SECOND
}

const nameOf = (port: string) => (port === '' ? 'without metrics' : 'with metrics')

/** Measures while the metrics on these ports are scraped; an empty port means none. */
async function whileScraped<T>(ports: string[], measure: () => Promise<T>): Promise<T> {
  const scrape = () => {
    for (const port of ports)
      if (port !== '') void fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text())
  }
  scrape()
  const timer = setInterval(scrape, SCRAPE_INTERVAL_MS)
  try {
    return await measure()
  } finally {
    clearInterval(timer)
  }
}
