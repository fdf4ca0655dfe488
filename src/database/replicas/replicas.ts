import { StartupError } from '../../errors/startup-error.js'
import { Prisma } from '../../generated/prisma/client.js'
import {
  openReadPool,
  readText,
  type ConnectionCounts,
  type Database,
  type DatabaseOptions,
  type ReadPool,
} from '../database.js'
import { readDatabaseUrl } from '../database-url.js'
import { findEpochExpressions } from '../epoch.js'
import { isDatabaseAway, isRefused } from '../failures.js'
import type { SessionSettings } from '../session-settings.js'
import { watchReplica, type HealthListener, type ReplicaHealth } from './replica-health.js'

const SETTING = 'DATABASE_REPLICA_URL'
const PROBE_TIMEOUT_MS = 1000

/** Results of the reads that replicas may answer. */
export interface ReplicaCounts {
  /** A replica answered. */
  answered: number
  /** The replica had not replayed the requested data yet, so the primary answered. */
  behind: number
  /** The replica failed or was too slow, so the primary answered. */
  failed: number
  /** All replicas were down or busy, so the primary answered. */
  unavailable: number
}

/** The counts of a node without replicas. */
export const noReplicaReads: Readonly<ReplicaCounts> = { answered: 0, behind: 0, failed: 0, unavailable: 0 }

/** Reads from replicas, on separate connections. */
export interface ReplicaReader {
  /** SQL of one text that is the same on a primary and its replicas. */
  readonly lineage: string
  /**
   * Reads from one of the replicas, in rotation. `read` resolves to undefined if the replica has not replayed the
   * requested data. In that case, and when no replica answers in time, `readPrimary` is called. Rejects only if
   * `readPrimary` does.
   */
  read<Value extends object>(
    read: (db: ReadPool) => Promise<Value | undefined>,
    readPrimary: () => Promise<Value>,
  ): Promise<Value>
}

export interface ReaderLimits {
  /** Maximum number of connections to each replica. */
  connections: number
  /** How long a replica may take before the primary is asked. */
  patienceMs: number
}

/** The read replicas of a node's database. They may lag, be unavailable, or turn out to replicate another database. */
export interface Replicas {
  readonly counts: ReplicaCounts
  openReader(limits: ReaderLimits, settings?: SessionSettings): ReplicaReader
  /** Closes the replicas and their readers. */
  close(): Promise<void>
}

export interface ReplicaOptions extends DatabaseOptions {
  replicaUrls: readonly string[]
  primary: Database
  /** Listens to the faults of a replica, which is identified by its place in the list, from 1. */
  listen(place: number): HealthListener
}

/**
 * Opens replicas. An unavailable replica does not make this fail.
 * @throws StartupError when a URL cannot be used
 */
export async function openReplicas(options: ReplicaOptions): Promise<Replicas> {
  const { replicaUrls, primary, databaseUrl, listen } = options
  const { schema } = readDatabaseUrl(databaseUrl)
  for (const url of replicaUrls) {
    if (readDatabaseUrl(url, SETTING).schema === schema) continue
    throw new StartupError(`${SETTING} and DATABASE_URL name different schemas (?schema=…)`)
  }
  const { lineage } = await findEpochExpressions(primary)
  const closers: (() => Promise<void>)[] = []
  const counts: ReplicaCounts = { ...noReplicaReads }

  function open(url: string, { connections, patienceMs }: ReaderLimits, settings?: SessionSettings): ReadPool {
    const { db, close } = openReadPool(
      {
        ...options,
        databaseUrl: url,
        databasePoolSize: connections,
        databaseStatementTimeoutMs: patienceMs,
        databaseAcquireTimeoutMs: patienceMs,
      },
      { ...settings, default_transaction_read_only: 'on' },
    )
    closers.push(close)
    return db
  }

  const servers = replicaUrls.map((url, index) => {
    const db = open(url, { connections: 1, patienceMs: PROBE_TIMEOUT_MS })
    const health = watchReplica(() => isReplica(db, primary, lineage), listen(index + 1))
    closers.push(() => health.close())
    return { url, health }
  })

  return {
    counts,
    openReader(limits, settings) {
      const members = servers.map(({ url, health }) => ({ db: open(url, limits, settings), health }))
      return { lineage, read: createRead(members, counts, limits.patienceMs) }
    },
    async close() {
      // In reverse order: a running probe needs its pool.
      for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close()
    },
  }
}

/**
 * Whether the server replicates this database; false while the primary cannot be asked.
 * @throws errors of the replica, or an Error if it replicates another database
 */
async function isReplica(db: ReadPool, primary: Database, lineage: string): Promise<boolean> {
  const statement = Prisma.sql`select ${Prisma.raw(lineage)}`
  const own = await readText(primary, statement).catch(() => undefined)
  if (own === undefined) return false
  if ((await readText(db, statement)) !== own) throw new Error('It is not a replica of the database of DATABASE_URL')
  return true
}

interface Member {
  db: ReadPool
  health: ReplicaHealth
}

function createRead(members: Member[], counts: ReplicaCounts, patienceMs: number): ReplicaReader['read'] {
  let turn = 0

  function choose(): Member | undefined {
    const able = members.filter(({ db, health }) => health.isUp() && hasRoom(db.pool.connections()))
    return able[turn++ % able.length]
  }

  async function ask<Value>({ db, health }: Member, read: (db: ReadPool) => Promise<Value | undefined>) {
    try {
      const answer = await within(patienceMs, read(db))
      counts[answer === undefined ? 'behind' : 'answered']++
      return answer
    } catch (error) {
      counts.failed++
      // A faulty statement fails on the primary, too, and says nothing about the replica.
      if (isDatabaseAway(error) || !isRefused(error)) health.fail(error)
      return undefined
    }
  }

  return async (read, readPrimary) => {
    const chosen = choose()
    if (chosen === undefined) counts.unavailable++
    const answer = chosen && (await ask(chosen, read))
    return answer ?? readPrimary()
  }
}

/** A busy replica would make readers wait. */
const hasRoom = ({ waiting, most }: ConnectionCounts) => waiting < most

async function within<Value>(ms: number, answer: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('The replica takes too long')), ms)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
