import { noReplicaReads } from '../database/replicas/replicas.js'
import { MAX_COUNTED } from './database-probe.js'
import type { Registrar } from './registrar.js'
import type { MetricSources } from './sources.js'

/** Registers the metrics of the connection pool, of PostgreSQL and of the sessions in it. */
export function registerDatabase({ counter, gauge, histogram }: Registrar, sources: MetricSources): void {
  const { db, database, replicas } = sources
  const { counts, connections } = db.pool
  gauge({
    name: 'store_chat_database_up',
    help: '1 if PostgreSQL answers within half a second, otherwise 0.',
    read: () => Number(database().isUp),
  })
  gauge({
    name: 'store_chat_database_connections',
    help: 'Connections of the pool, excluding those of searches and reports.',
    labelNames: ['state'],
    read: () => {
      const { busy, idle } = connections()
      return [
        [{ state: 'busy' }, busy],
        [{ state: 'idle' }, idle],
      ]
    },
  })
  gauge({
    name: 'store_chat_database_connections_max',
    help: 'Maximum number of connections of the pool: DATABASE_POOL_SIZE.',
    read: () => connections().most,
  })
  gauge({
    name: 'store_chat_database_waiting',
    help: 'Statements and transactions that are waiting for a connection.',
    read: () => connections().waiting,
  })
  histogram({
    name: 'store_chat_database_statement_duration_seconds',
    help: 'Duration of each statement, including those of searches and reports, excluding transactions and the wait for a connection.',
    read: () => counts.durations,
  })
  counter({
    name: 'store_chat_database_slow_statements_total',
    help: 'Statements that took LOG_SLOW_STATEMENT_MS or longer.',
    read: () => counts.slow,
  })
  counter({
    name: 'store_chat_database_failed_statements_total',
    help: 'Statements that failed.',
    read: () => counts.failed,
  })
  counter({
    name: 'store_chat_replica_reads_total',
    help: 'Reads that a replica may answer, by result. The primary answered all whose result is not "answered".',
    labelNames: ['result'],
    read: () => Object.entries(replicas?.counts ?? noReplicaReads).map(([result, count]) => [{ result }, count]),
  })
  counter({
    name: 'store_chat_database_cut_statements_total',
    help: 'Statements that were canceled because they took too long. The pool "reading" is that of searches and reports.',
    labelNames: ['pool'],
    read: () => Object.entries(counts.cut).map(([pool, count]) => [{ pool }, count]),
  })
  gauge({
    name: 'store_chat_sessions',
    help: `Open and claimed sessions of the whole installation, at most ${MAX_COUNTED} of each. The same on every node.`,
    labelNames: ['status'],
    read: () => {
      const { sessions } = database()
      if (sessions === undefined) return []
      return [
        [{ status: 'open' }, sessions.open],
        [{ status: 'claimed' }, sessions.claimed],
      ]
    },
  })
  gauge({
    name: 'store_chat_oldest_open_session_age_seconds',
    help: 'Age of the oldest open session. The same on every node.',
    read: () => database().sessions?.oldestOpenSeconds,
  })
}
