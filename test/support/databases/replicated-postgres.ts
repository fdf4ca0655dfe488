import { execFile } from 'node:child_process'
import { chown, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import type { Test } from 'tap'
import { openCluster, type Cluster } from '../../../src/embedded/cluster.js'
import { lookInto, type TestDatabase } from './database.js'
import { createMigratedFolder } from './own-postgres.js'
import { findFreePort } from '../../../harness/free-port.js'
import { startTcpProxy, type TcpProxy } from '../../../harness/tcp-proxy.js'
import { createTempFolder } from '../temp-folder.js'
import { until } from '../../../harness/until.js'

const execute = promisify(execFile)
const STREAMING_DEADLINE_MS = 30_000

/** A primary with a standby. `url` always leads to the current primary. */
export interface ReplicatedPostgres extends TestDatabase {
  address: TcpProxy
  /** A connection that bypasses the shared address. */
  primary(): TestDatabase & { port: number }
  standby(): TestDatabase & { port: number }
  /** Stops replication to the standby. */
  cutReplication(): void
  /**
   * Kills the primary, promotes the standby and routes the address to it. Before the first client connects, `meanwhile`
   * may write to the new primary.
   */
  failOver(meanwhile?: (database: TestDatabase) => Promise<void>): Promise<void>
  /** Creates a new standby from a copy of the running primary, and waits until it has caught up. */
  rebuildStandby(): Promise<void>
}

interface Server extends TestDatabase {
  cluster: Cluster
  data: string
  port: number
}

/** Starts a primary and a standby. A synchronous standby has every transaction that the primary has acknowledged. */
export async function startReplicatedPostgres(
  t: Test,
  { isSynchronous }: { isSynchronous: boolean },
): Promise<ReplicatedPostgres> {
  let primary = await startServer(t, await createMigratedFolder(t))
  const address = await startTcpProxy(t, primary.port)
  let replication: TcpProxy
  let standby: Server

  async function rebuildStandby(): Promise<void> {
    const folder = await createTempFolder(t)
    replication = await startTcpProxy(t, primary.port)
    await copyOnline(primary, folder)
    const { username, password } = new URL(primary.url)
    const conninfo = `host=127.0.0.1 port=${replication.port} user=${username} password=${password} application_name=standby`
    await writeOwned(primary.data, join(folder, 'postgres'), {
      'standby.signal': '',
      'postgresql.auto.conf': `primary_conninfo = '${conninfo}'\n`,
    })
    standby = await startServer(t, folder)
    await until(() => isCaughtUp(primary, 'async'), STREAMING_DEADLINE_MS, 'the standby keeps up')
    if (!isSynchronous) return
    await primary.query(`alter system set synchronous_standby_names = 'standby'`)
    await primary.query('select pg_reload_conf()')
    await until(() => isCaughtUp(primary, 'sync'), STREAMING_DEADLINE_MS, 'the standby is synchronous')
  }

  await rebuildStandby()
  const url = new URL(primary.url)
  url.port = String(address.port)
  return {
    ...lookInto(t, url.href),
    address,
    primary: () => primary,
    standby: () => standby,
    cutReplication: () => replication.cut(),
    rebuildStandby,
    async failOver(meanwhile = async () => undefined) {
      await primary.cluster.stop('immediate')
      address.cut()
      await standby.query('select pg_promote(true)')
      await meanwhile(standby)
      primary = standby
      address.lead(primary.port)
      address.mend()
    },
  }
}

async function startServer(t: Test, folder: string): Promise<Server> {
  const cluster = await openCluster(folder)
  const port = await findFreePort()
  t.teardown(() => cluster.stop('immediate'))
  await cluster.start({ port, settings: { fsync: 'off', wal_keep_size: '512MB', max_connections: '100' } })
  const url = await cluster.url()
  if (url === undefined) throw new Error('The started PostgreSQL does not run')
  return { ...lookInto(t, url), cluster, port, data: join(folder, 'postgres') }
}

/** PostgreSQL's low-level backup: WAL replay from the label on makes the copy of changing files consistent. */
async function copyOnline({ url, data }: Server, folder: string): Promise<void> {
  const client = new Client(url)
  await client.connect()
  try {
    await client.query(`select pg_backup_start('standby', true)`)
    await execute('cp', ['-a', data, folder])
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)')
    const copy = join(folder, 'postgres')
    await rm(join(copy, 'postmaster.pid'), { force: true })
    await writeOwned(data, copy, { backup_label: rows[0]?.labelfile ?? '' })
  } finally {
    await client.end()
  }
}

/** Writes files that belong to the user of the server. */
async function writeOwned(model: string, folder: string, files: Record<string, string>): Promise<void> {
  const { uid, gid } = await stat(join(model, 'PG_VERSION'))
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, name), text, { mode: 0o600 })
    await chown(join(folder, name), uid, gid)
  }
}

async function isCaughtUp({ query }: TestDatabase, state: 'async' | 'sync'): Promise<boolean> {
  const rows = await query(
    `select from pg_stat_replication
     where state = 'streaming' and sync_state = $1 and replay_lsn >= pg_current_wal_lsn() - 65536::numeric`,
    [state],
  )
  return rows.length > 0
}

/** A PostgreSQL whose data can be restored. It keeps its address. */
export interface RestorablePostgres extends TestDatabase {
  /** Saves a copy of the data. The server is down for a moment. */
  backUp(): Promise<void>
  /** Restores the copy. Before the first client connects, `meanwhile` may write to it. */
  restore(meanwhile?: (database: TestDatabase) => Promise<void>): Promise<void>
}

export async function startRestorablePostgres(t: Test): Promise<RestorablePostgres> {
  const server = await startServer(t, await createMigratedFolder(t))
  const { cluster, data, port } = server
  const address = await startTcpProxy(t, port)
  const backup = join(await createTempFolder(t), 'backup')
  const start = () => cluster.start({ port, settings: { fsync: 'off' } })
  const url = new URL(server.url)
  url.port = String(address.port)
  return {
    ...lookInto(t, url.href),
    async backUp() {
      await cluster.stop('fast')
      await rm(backup, { recursive: true, force: true })
      await execute('cp', ['-a', data, backup])
      await start()
    },
    async restore(meanwhile = async () => undefined) {
      await cluster.stop('immediate')
      address.cut()
      await rm(data, { recursive: true })
      await execute('cp', ['-a', backup, data])
      await start()
      await meanwhile(server)
      address.mend()
    },
  }
}
