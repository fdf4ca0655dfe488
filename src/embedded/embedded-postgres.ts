import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { StartupError } from '../errors/startup-error.js'
import { openCluster } from './cluster.js'

export interface EmbeddedPostgres {
  url: string
  close(): Promise<void>
}

const INSTANCE_LOCK = 7_266_001
const LOCK_ATTEMPTS = 20
const LOCK_PAUSE_MS = 150
const tryLock = 'select pg_try_advisory_lock($1) as owned'

/**
 * Starts the PostgreSQL of a data folder for one owner. Ownership is an advisory lock in that database, so it ends with
 * the owner's process, even when that is killed. A server that a killed owner left running is taken over.
 * @throws StartupError when another process owns the folder, or the folder is not writable
 */
export async function startEmbeddedPostgres(folder: string): Promise<EmbeddedPostgres> {
  const cluster = await openCluster(folder)
  if ((await cluster.url()) === undefined) await startUnlessStarted(cluster)
  const url = await cluster.url()
  const owner = url === undefined ? undefined : await takeOwnership(url)
  if (url === undefined || owner === undefined) {
    throw new StartupError(`Another instance is running on the data folder ${folder}. Stop it, or set DATA_DIR.`)
  }
  // The server ends with this process, unless SIGKILL ends the process.
  process.once('exit', cluster.abort)
  return {
    url,
    async close() {
      await cluster.stop()
      process.removeListener('exit', cluster.abort)
      await owner.end()
    },
  }
}

/**
 * Returns the URL of the embedded PostgreSQL that another process runs on this folder; undefined when there is none.
 */
export async function findEmbeddedPostgres(folder: string): Promise<string | undefined> {
  const cluster = await openCluster(folder)
  return cluster.url()
}

/** Two processes may start it at the same time. The slower one finds it running, and the ownership lock decides. */
async function startUnlessStarted(cluster: Awaited<ReturnType<typeof openCluster>>): Promise<void> {
  await cluster.start().catch(async (error: unknown) => {
    if ((await cluster.url()) === undefined) {
      throw new StartupError(`The embedded PostgreSQL did not start: ${(error as Error).message}`)
    }
  })
}

async function takeOwnership(url: string): Promise<Client | undefined> {
  let client: Client | undefined
  // An owner that is stopping may hold the lock for a moment, and a server that another instance is starting may not
  // accept connections yet.
  for (let attempt = 0; attempt < LOCK_ATTEMPTS; attempt++) {
    if (attempt > 0) await delay(LOCK_PAUSE_MS)
    client ??= await connect(url).catch(() => undefined)
    const { rows = [] } = (await client?.query<{ owned: boolean }>(tryLock, [INSTANCE_LOCK])) ?? {}
    if (rows[0]?.owned === true) return client
  }
  await client?.end()
  return undefined
}

async function connect(url: string): Promise<Client> {
  const client = new Client(url)
  // The server ends this connection when it stops, which is expected.
  client.on('error', () => undefined)
  await client.connect()
  return client
}
