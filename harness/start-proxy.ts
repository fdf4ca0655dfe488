import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { configureProxy, type ProxyName } from './configure-proxy.js'
import { findProgram } from './find-program.js'
import { findFreePort } from './free-port.js'
import { until } from './until.js'

/** A proxy with TLS in front of two nodes, with its configuration in `deploy/`. It serves `localhost`. */
export interface Proxy {
  port: number
  /** Returns all that it has logged. */
  readLog(): Promise<string>
  stop(): Promise<void>
}

const START_DEADLINE_MS = 10_000

/** Debian installs nginx in /usr/sbin, which is on the PATH of root only. */
export const findProxy = async (name: ProxyName) => (await findProgram(name)) ?? findProgram(`../sbin/${name}`)

/**
 * Starts a proxy, and waits until it forwards requests to a node.
 * @param ports ports of the two nodes on 127.0.0.1
 * @param folder folder for its files
 * @throws Error when the program is missing or does not answer in time
 */
export async function startProxy(name: ProxyName, ports: number[], folder: string): Promise<Proxy> {
  const program = await findProxy(name)
  if (program === undefined) throw new Error(`${name} is not on the PATH`)
  const home = join(folder, name)
  await mkdir(home)
  const port = await findFreePort()
  const { args, environment, logFiles } = await configureProxy(name, { port, ports, home })
  const output = join(home, 'output.log')
  const child = spawn(program, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = once(child, 'exit')
  const log = createWriteStream(output)
  for (const stream of [child.stdout, child.stderr]) stream.pipe(log, { end: false })
  const readLog = async () => {
    const texts = await Promise.all([output, ...logFiles].map((file) => readFile(file, 'utf8')))
    return texts.join('\n')
  }
  const stop = async () => {
    child.kill('SIGTERM')
    await exited
  }
  try {
    await until(() => child.exitCode !== null || answers(port), START_DEADLINE_MS, `${name} answers`)
    if (child.exitCode !== null) throw new Error(`${name} exited: ${await readLog()}`)
  } catch (error) {
    await stop()
    throw error
  }
  return { port, readLog, stop }
}

function answers(port: number): Promise<boolean> {
  const options = { host: 'localhost', port, path: '/health/ready/', rejectUnauthorized: false }
  return new Promise((resolve, reject) => {
    request(options, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
      .on('error', reject)
      .end()
  })
}
