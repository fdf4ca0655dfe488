import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { Redis } from 'ioredis'
import type { Test } from 'tap'
import { findProgram } from './find-program.js'
import { findFreePort } from './free-port.js'
import { until } from './until.js'

/** A Redis process on its own port, without persistence. */
export interface RedisServer {
  url: string
  /** Restarts it on the same port. */
  start(): Promise<void>
  /** Kills it, as in a crash. */
  stop(): Promise<void>
  /** Suspends it: its connections stay open, but it answers nothing. */
  freeze(): void
  thaw(): void
}

const START_DEADLINE_MS = 10_000

/** Finds a Redis-compatible server on the PATH. */
export const findRedisProgram = () => findProgram('redis-server', 'valkey-server')

/** @throws Error when it does not answer in time */
export async function startRedisServer(program: string, settings: string[] = []): Promise<RedisServer> {
  const port = await findFreePort()
  const url = `redis://127.0.0.1:${port}`
  // A configuration file must be the first argument.
  const args = [...settings, '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  let child: ReturnType<typeof spawn>

  async function start() {
    child = spawn(program, args, { stdio: 'ignore', cwd: tmpdir() })
    child.unref()
    const failed = new Promise<never>((_, reject) => child.once('error', reject))
    await Promise.race([failed, until(() => answers(url), START_DEADLINE_MS, `${program} answers on ${url}`)])
  }
  async function stop() {
    if (child.exitCode !== null || child.signalCode !== null) return
    // Without `ref`, this process could end before the child does.
    child.ref()
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await exited
  }
  await start()
  return { url, start, stop, freeze: () => child.kill('SIGSTOP'), thaw: () => child.kill('SIGCONT') }
}

/** Starts a Redis that one test may stop and restart. */
export async function startOwnRedis(t: Pick<Test, 'teardown'>, settings: string[] = []): Promise<RedisServer> {
  const program = await findRedisProgram()
  if (program === undefined) throw new Error('Neither redis-server nor valkey-server is on the PATH')
  const server = await startRedisServer(program, settings)
  t.teardown(() => server.stop())
  return server
}

async function answers(url: string): Promise<boolean> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.ping()
    return true
  } finally {
    client.disconnect()
  }
}
