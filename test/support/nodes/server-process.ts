import { spawn } from 'node:child_process'
import type { Test } from 'tap'
import { openCluster } from '../../../src/embedded/cluster.js'
import { createHttpClient, type HttpClient } from '../clients/client.js'
import { routeEnvironment } from '../databases/pooler.js'
import { isUnoptimized } from '../../../harness/unoptimized.js'
import { until, within } from '../../../harness/until.js'

const EXIT_DEADLINE_MS = 60_000
/** V8 would optimize Prisma's WebAssembly in the background: a third of the CPU time of a start, and of no use to a short run. */
const LIFTOFF_ONLY = '--liftoff-only'
/** As the process of the test: where it takes part in a measurement, both are optimized. */
const UNOPTIMIZED = isUnoptimized ? ['--no-opt'] : []

/**
 * For the environment of programs whose lines other tests measure, and of those that are killed, which write no coverage. It
 * takes a quarter of the CPU time of a start.
 */
export const withoutCoverage = { NODE_V8_COVERAGE: '' }

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** A program of the product in its own process. */
export interface ProgramProcess {
  pid: number
  /** Its output so far. */
  output(): { out: string; err: string }
  kill(signal: NodeJS.Signals): void
  /** Waits until it has ended. */
  exit(deadlineMs?: number): Promise<Exit>
}

export interface ServerProcess extends ProgramProcess {
  /** Waits until it listens. */
  ready(deadlineMs?: number): Promise<HttpClient & { origin: string }>
}

type Environment = Record<string, string>

/** Runs a compiled program with only the given environment. It is killed at the end of the test. */
export function runProgram(
  t: Test,
  program: 'server.js' | 'cli/account.js',
  environment: Environment,
  args: string[] = [],
): ProgramProcess {
  const { PATH = '', TMPDIR = '/tmp', NODE_V8_COVERAGE = '' } = process.env
  // tap passes its loaders on in NODE_OPTIONS. They triple the start time of a program, and coverage works without
  // them.
  const node = ['-u', 'NODE_OPTIONS', process.execPath, LIFTOFF_ONLY, ...UNOPTIMIZED, `dist/${program}`]
  const child = spawn('env', [...node, ...args], {
    env: { PATH, TMPDIR, NODE_V8_COVERAGE, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const written = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (written.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (written.err += text))
  const ended = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    pid: child.pid ?? 0,
    output: () => ({ ...written }),
    kill: (signal) => child.kill(signal),
    exit: (deadlineMs = EXIT_DEADLINE_MS) => within(deadlineMs, ended, `${program} ends`),
  }
}

/** Starts the server, on a free port unless PORT is given. */
export function startServer(t: Test, environment: Environment): ServerProcess {
  const server = runProgram(t, 'server.js', { PORT: '0', ...routeEnvironment(environment) })
  let client: HttpClient | undefined
  t.teardown(() => client?.close())
  return {
    ...server,
    async ready(deadlineMs = 60_000) {
      const listening = /listening at (http:\/\/[^"\s]+)/
      const origin = await until(
        () => listening.exec(server.output().out)?.[1],
        deadlineMs,
        'the server listens',
      ).catch((error: unknown) => {
        throw new Error(`The server does not listen: ${JSON.stringify(server.output())}`, { cause: error })
      })
      client ??= createHttpClient(origin)
      return { ...client, origin }
    },
  }
}

/** Starts the server with its embedded PostgreSQL on a data folder. Both are stopped at the end of the test. */
export function startEmbeddedServer(t: Test, dataFolder: string, environment: Environment = {}): ServerProcess {
  t.teardown(async () => (await openCluster(dataFolder)).stop('immediate'))
  return startServer(t, { DATA_DIR: dataFolder, ...environment })
}
