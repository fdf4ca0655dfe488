import type { Database } from '../database/database.js'
import type { Replicas } from '../database/replicas/replicas.js'
import type { LogCounts } from '../errors/limit-repeats.js'
import type { UploadCounts } from '../files/uploads/upload-counts.js'
import type { JwtCounts } from '../jwt/jwt-counts.js'
import type { AccountWork } from '../limits/account-work.js'
import type { Limits } from '../limits/limits.js'
import type { MailCounts } from '../mail/mail-counts.js'
import type { CommitCounts } from '../messages/commit-counts.js'
import type { PubSub } from '../pubsub/pubsub.js'
import type { Hub } from '../realtime/hub.js'
import type { AttemptCounts } from '../webhooks/delivery/attempt-counts.js'
import type { DatabaseState } from './database-probe.js'
import type { RequestCounts } from './request-counts.js'

/** What the metrics of a node are read from. */
export interface MetricSources {
  requests: RequestCounts
  hub: Pick<Hub, 'connectionCount' | 'sockets' | 'deliveries'>
  commits: CommitCounts
  pubsub: Pick<PubSub, 'isUp' | 'counts'>
  limits: Pick<Limits, 'counts'>
  accountWork: Pick<AccountWork, 'counts'>
  db: { pool: Pick<Database['pool'], 'counts' | 'connections'> }
  /** Undefined without replicas. */
  replicas: Pick<Replicas, 'counts'> | undefined
  logs: LogCounts
  webhookAttempts: AttemptCounts
  mailCounts: MailCounts
  uploads: UploadCounts
  jwtCounts: JwtCounts
  /** What PostgreSQL said for this scrape. */
  database(): DatabaseState
}
