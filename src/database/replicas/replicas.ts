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
const LONGEST_PROBE_MS = 1000

/** What became of the reads that replicas may answer. */
export interface ReplicaCounts {
  /** A replica has answered. */
  answered: number
  /** A replica had not replayed yet what was asked for, so the primary has answered. */
  behind: number
  /** A replica has failed, or was too slow, so the primary has answered. */
  failed: number
  /** No replica could be asked: all of them were down or busy. The primary has answered. */
  unavailable: number
}

/** The counts of a node without replicas. */
export const noReplicaReads: Readonly<ReplicaCounts> = { answered: 0, behind: 0, failed: 0, unavailable: 0 }

/** Reads on connections of its own. */
export interface ReplicaReader {
  /** SQL of one text, which a primary and its replicas have in common. */
  readonly lineage: string
  /**
   * Lets one of the replicas answer, which takes turns. `read` resolves to undefined if the replica has not replayed what is
   * asked for. Then, and where no replica answers in time, `fallBack` is called. Rejects only if `fallBack` does.
   */
  read<Value extends object>(
    read: (db: ReadPool) => Promise<Value | undefined>,
    fallBack: () => Promise<Value>,
  ): Promise<Value>
}

export interface ReaderLimits {
  /** To each replica. */
  connections: number
  /** How long a replica may take before the primary is asked. */
  patienceMs: number
}

/** The read replicas of a node's database. They may lag behind it, be away, or be those of another database. */
export interface Replicas {
  readonly counts: ReplicaCounts
  openReader(limits: ReaderLimits, settings?: SessionSettings): ReplicaReader
  /** Closes the readers, too. */
  close(): Promise<void>
}

export interface ReplicaOptions extends DatabaseOptions {
  replicaUrls: readonly string[]
  primary: Database
  /** Told of the faults of each replica, which is named by its place in the list. */
  listen(place: number): HealthListener
}

/**
 * Opens replicas. A replica that is away does not hinder that.
 * @throws StartupError for URLs that cannot be used
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
    const db = open(url, { connections: 1, patienceMs: LONGEST_PROBE_MS })
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
      // The last one first: a probe under way needs its pool.
      for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close()
    },
  }
}

/** @throws what the replica throws, or an Error if it replicates another database */
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
      // A statement that is wrong by itself fails on the primary, too.
      if (isDatabaseAway(error) || !isRefused(error)) health.fail(error)
      return undefined
    }
  }

  return async (read, fallBack) => {
    const chosen = choose()
    if (chosen === undefined) counts.unavailable++
    const answer = chosen && (await ask(chosen, read))
    return answer ?? fallBack()
  }
}

/** A replica that is busy would only make readers wait. */
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
