import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findFreePort } from '../../../harness/free-port.js'
import { noLimitsEnvironment } from '../../../harness/no-limits.js'
import { until } from '../../../harness/until.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const START_DEADLINE_MS = 30_000

/** A node of the compiled service in its own process. It keeps its port over restarts. */
export interface LoadNode {
  origin: string
  port: number
  /** Host and port of its metrics. */
  metricsAddress: string
  /** Starts or restarts it, and waits until it accepts requests. */
  start(): Promise<void>
  /** Kills it, as in a crash. */
  kill(): Promise<void>
}

/** @param logFile file for the log of the node */
export async function createNode(
  environment: Record<string, string>,
  logFile: string,
  signal: AbortSignal,
): Promise<LoadNode> {
  const port = await findFreePort()
  const metricsPort = await findFreePort()
  const origin = `http://127.0.0.1:${port}`
  const { PATH = '', TMPDIR = '/tmp' } = process.env
  let child: ChildProcess | undefined

  async function start() {
    // After an interruption nothing would stop a node that is started now.
    signal.throwIfAborted()
    const log = openSync(logFile, 'a')
    child = spawn(process.execPath, ['dist/server.js'], {
      cwd: root,
      env: {
        PATH,
        TMPDIR,
        ...noLimitsEnvironment,
        ...environment,
        PORT: String(port),
        METRICS_PORT: String(metricsPort),
        LOG_LEVEL: 'warn',
      },
      stdio: ['ignore', log, log],
    })
    const started = child
    await until(
      () => signal.aborted || started.exitCode !== null || isReady(origin),
      START_DEADLINE_MS,
      `${origin} is ready`,
    )
    signal.throwIfAborted()
    if (started.exitCode !== null) throw new Error(`A node exited: see ${logFile}`)
  }
  async function kill() {
    if (child?.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
  return { origin, port, metricsAddress: `127.0.0.1:${metricsPort}`, start, kill }
}

const isReady = (origin: string) =>
  fetch(`${origin}/health/ready/`).then(
    ({ ok }) => ok,
    () => false,
  )
