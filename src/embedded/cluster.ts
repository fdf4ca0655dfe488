import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { access, chown, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { StartupError } from '../errors/startup-error.js'
import { requireFolder } from '../folders/make-folder.js'
import { findBinaries, type Binaries } from './binaries.js'
import { describeFailure } from './read-reason.js'
import { chooseServerUser, type ServerUser } from './server-user.js'

/** A PostgreSQL cluster in a folder of its own, run by `pg_ctl`. It may be running or not. */
export interface Cluster {
  /** The URL of the database; undefined while the server does not run. */
  url(): Promise<string | undefined>
  /** Starts the server and waits until it answers. Rejects when it is already running. */
  start(options?: { port?: number; settings?: Record<string, string> }): Promise<void>
  /** Stops the server and waits; a no-op when it does not run. */
  stop(mode?: 'fast' | 'immediate'): Promise<void>
  /**
   * Stops the server without waiting, as a crash would, for a process that is about to exit; a no-op when it does not
   * run.
   */
  abort(): void
}

/**
 * Opens the cluster of a folder, and creates it if there is none. It is created under another name and then renamed, so
 * that no incomplete cluster is opened.
 * @throws StartupError when the folder is not writable, or the cluster cannot be created
 */
export async function openCluster(folder: string): Promise<Cluster> {
  await requireFolder(folder, {
    name: 'The data folder',
    advice: 'Set DATA_DIR to one that can, or DATABASE_URL.',
  })
  const user = await chooseServerUser(folder)
  const binaries = await findBinaries()
  const pgData = join(folder, 'postgres')
  if (!(await exists(join(pgData, 'PG_VERSION')))) await createCluster(folder, pgData, binaries, user)
  const pgCtl = (...args: string[]) => run(user, folder, binaries.pgCtl, '-D', pgData, ...args)

  const url = async () => {
    const running = await pgCtl('status').then(
      () => true,
      () => false,
    )
    const port = running ? await readPort(pgData) : undefined
    if (port === undefined) return undefined
    const password = await readFile(join(pgData, 'password'), 'utf8')
    return `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`
  }

  return {
    url,
    async start({ port, settings = {} } = {}) {
      const given = { listen_addresses: '127.0.0.1', port: String(port ?? (await findFreePort())), ...settings }
      const flags = Object.entries(given).map(([name, value]) => `-c ${name}=${value}`)
      const options = [...flags, "-c unix_socket_directories=''"].join(' ')
      const file = join(pgData, 'server.log')
      const logStart = await stat(file).then(
        ({ size }) => size,
        () => 0,
      )
      await pgCtl('start', '-w', '-t', '60', '-l', file, '-o', options).catch(async (error: unknown) => {
        throw new Error(await describeFailure(error, { file, logStart }), { cause: error })
      })
    },
    async stop(mode = 'fast') {
      await pgCtl('stop', '-w', '-t', '30', '-m', mode).catch(async (error: unknown) => {
        if ((await url()) !== undefined) throw error
      })
    },
    abort() {
      try {
        // The first line is the process id of the server. SIGQUIT is an immediate shutdown: at the next start,
        // PostgreSQL recovers all committed transactions.
        process.kill(Number.parseInt(readFileSync(join(pgData, 'postmaster.pid'), 'utf8')), 'SIGQUIT')
      } catch {
        // No such file or process: the server does not run.
      }
    },
  }
}

async function createCluster(folder: string, pgData: string, binaries: Binaries, user: ServerUser): Promise<void> {
  const draft = await mkdtemp(join(folder, 'new-'))
  const passwordFile = join(draft, 'password')
  const draftData = join(draft, 'postgres')
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const account = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
  try {
    await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 })
    await giveTo(user, draft, passwordFile)
    await run(user, folder, binaries.initdb, '-D', draftData, ...account, ...locale)
    await rename(passwordFile, join(draftData, 'password'))
    await rename(draftData, pgData).catch(async (error: unknown) => {
      // Another instance created the cluster at the same time; both use that one.
      if (await exists(join(pgData, 'PG_VERSION'))) return
      if (!(await exists(pgData))) throw error
      throw new StartupError(
        `The folder ${pgData} is no PostgreSQL cluster. Move it away, or set DATA_DIR to another folder.`,
      )
    })
  } catch (error) {
    if (error instanceof StartupError) throw error
    throw new StartupError(`The embedded PostgreSQL cannot be created in ${folder}: ${await describeFailure(error)}`)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

async function giveTo(user: ServerUser, ...paths: string[]): Promise<void> {
  const { uid, gid } = user
  if (uid !== undefined && gid !== undefined) await Promise.all(paths.map((path) => chown(path, uid, gid)))
}

async function run(user: ServerUser, cwd: string, ...args: string[]): Promise<void> {
  const { prefix, ...ids } = user
  const [command = '', ...rest] = [...prefix, ...args]
  await promisify(execFile)(command, rest, { ...ids, cwd, env: { ...process.env, LC_ALL: 'C' } })
}

/** The fourth line of `postmaster.pid` is the port (PostgreSQL's `miscadmin.h`). */
async function readPort(pgData: string): Promise<number | undefined> {
  const lines = await readFile(join(pgData, 'postmaster.pid'), 'utf8').catch(() => '')
  const port = Number(lines.split('\n')[3])
  return port > 0 ? port : undefined
}

async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
