import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { migrateDatabase } from '../../src/database/startup/migrate.js'
import { openCluster } from '../../src/embedded/cluster.js'
import { findFreePort } from '../../harness/free-port.js'
import { noLimitsEnvironment } from '../../harness/no-limits.js'
import { findRedisProgram, startRedisServer } from '../../harness/redis-server.js'
import { execute } from './seed.js'
import { until } from '../../harness/until.js'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Services that all contestants of a benchmark share: a PostgreSQL with fsync on, and a Redis. */
export interface Services {
  databaseUrl: string
  redisUrl: string
  /** Creates a migrated database in the same PostgreSQL and returns its URL. */
  createDatabase(name: string): Promise<string>
  /**
   * Starts a program and waits until it answers; it is stopped with the services. An array contains arguments of
   * Node.js.
   */
  startServer(program: string[] | Program, environment: Record<string, string>): Promise<Server>
}

export interface Program {
  command: string
  args: string[]
  /** Environment variable for the port that it listens on. */
  portVariable: string
  environment: Record<string, string>
}

export interface Server {
  origin: string
  pid: number
  /** Sends a signal and returns the line that the program prints in response. Only for Node.js. */
  ask?(signal: NodeJS.Signals): Promise<string>
  stop(): Promise<void>
}

export async function withServices(use: (services: Services) => Promise<void>): Promise<void> {
  const program = await findRedisProgram()
  if (program === undefined) throw new Error('The benchmark needs a redis-server or valkey-server')
  const folder = await mkdtemp(join(tmpdir(), 'store-chat-bench-'))
  const closes = [() => rm(folder, { recursive: true, force: true })]
  try {
    const redis = await startRedisServer(program)
    closes.unshift(() => redis.stop())
    const cluster = await openCluster(folder)
    closes.unshift(() => cluster.stop('immediate'))
    await cluster.start({ settings: { max_connections: '200', shared_buffers: '2GB', max_wal_size: '4GB' } })
    const databaseUrl = (await cluster.url()) ?? ''
    await migrateDatabase(databaseUrl)
    await use({
      databaseUrl,
      redisUrl: redis.url,
      async createDatabase(name) {
        await execute(databaseUrl, `create database ${name}`)
        const url = new URL(databaseUrl)
        url.pathname = name
        await migrateDatabase(url.href)
        return url.href
      },
      async startServer(program, environment) {
        const server = await startServer(program, environment)
        closes.unshift(() => server.stop())
        return server
      },
    })
  } finally {
    for (const close of closes) await close()
  }
}

async function startServer(given: string[] | Program, environment: Record<string, string>): Promise<Server> {
  const port = await findFreePort()
  const program = Array.isArray(given) ? nodeProgram(given) : given
  const child = spawn(program.command, program.args, {
    cwd: root,
    env: { ...process.env, ...program.environment, ...environment, [program.portVariable]: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const origin = `http://127.0.0.1:${port}`
  await until(() => answers(origin), 30_000, `${[program.command, ...program.args].join(' ')} answers`)
  return {
    origin,
    pid: child.pid ?? 0,
    ...(Array.isArray(given) && { ask: (signal: NodeJS.Signals) => ask(child, signal) }),
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

const nodeProgram = (args: string[]): Program => ({
  ...{ command: process.execPath, args, portVariable: 'PORT' },
  environment: { ...noLimitsEnvironment, LOG_LEVEL: 'warn' },
})

const answers = (origin: string) =>
  fetch(`${origin}/health/live/`).then(
    () => true,
    () => false,
  )

async function ask(child: ChildProcess, signal: NodeJS.Signals): Promise<string> {
  const answer = new Promise<string>((resolve) => child.stdout?.once('data', (data) => resolve(String(data).trim())))
  child.kill(signal)
  return answer
}

/** Arguments of Node.js that start a rival written for this comparison. */
export const rival = (name: string) => ['--import', 'tsx', `scripts/bench/rivals/${name}.ts`]
/** Arguments of Node.js that make a server report its memory. */
export const reporting = ['--expose-gc', '--import', './scripts/bench/report-memory.mjs']
export const product = [...reporting, 'dist/server.js']
