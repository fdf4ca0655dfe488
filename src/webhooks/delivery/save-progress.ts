import type { Database } from '../../database/database.js'
import { batch } from '../../database/batch.js'
import { Prisma } from '../../generated/prisma/client.js'
import type { EpochExpressions } from '../../database/epoch.js'
import type { DeliveryStatus } from '../deliveries.js'
import type { WebhookEvent } from '../event.js'
import { LEASE_MS, leaseRun, type ClaimedSession } from './claim-sessions.js'

/** What happens to a session next. `going on`: the node keeps it, and its lease begins anew. */
export type NextStep =
  | { step: 'going on' }
  /** All known events are delivered. Due at once if there are more by now. */
  | { step: 'done' }
  /** The next event was not tried, or its attempt does not count. Due at once. */
  | { step: 'given back' }
  | { step: 'paused'; delayMs: number }
  /** The next event is given up until it is replayed. */
  | { step: 'failed' }

/** One attempt, for the log. */
export interface LoggedAttempt {
  event: Omit<WebhookEvent, 'body'>
  status: DeliveryStatus
  responseStatus: number | null
  responseBody: string
  error: string | null
  durationMs: number
  delayMs: number | null
}

export interface Progress extends Pick<ClaimedSession, 'sessionId' | 'lease' | 'seq' | 'unreadId' | 'attempts'> {
  webhookId: number
  /** Whether the next event failed for the first time. */
  isNewFailure: boolean
  next: NextStep
  log: LoggedAttempt[]
}

/**
 * Saves progress and logs its attempts. Resolves to false if the lease is lost: another node delivers the session, and this one
 * has to stop. Nothing is saved or logged then.
 */
export type SaveProgress = (progress: Progress) => Promise<boolean>

/** SQL of the new `due_at`. `i` is the progress. */
const dueAfterStep = Prisma.sql`
  case i.step
    when 'going on' then now() + ${LEASE_MS} * interval '1 millisecond'
    when 'done' then case when i.session_seq > i.seq
      or exists (select from unread_event u where u.session_id = i.session_id and u.id > i.unread_id) then now() end
    when 'given back' then now()
    when 'paused' then now() + i.delay_ms * interval '1 millisecond'
  end`

/**
 * SQL of CTEs that save progress where the lease still holds: `kept (webhook_id, session_id, lease)`.
 *
 * Events that were read from another run of the server may belong to a lost history, as after a failover: the position stays,
 * and the events of the present history are delivered, perhaps again. A position never passes the last event of its session.
 */
const keepProgress = (steps: string, run: string) => Prisma.sql`
  step as (
    select i.*, s.seq as session_seq, ${leaseRun(Prisma.sql`i.lease`)} = present.run as is_present
    from (select ${Prisma.raw(run)} as run offset 0) present,
      json_to_recordset(${steps}::json) as i(webhook_id bigint, session_id bigint, lease text, seq bigint,
        unread_id bigint, attempts int, is_new_failure boolean, step text, delay_ms bigint)
    left join lateral (select seq from chat_session where id = i.session_id offset 0) s on true
  ), kept as (
    update webhook_session ws set seq = least(i.seq, i.session_seq), unread_id = i.unread_id, attempts = i.attempts,
      lease = case i.step when 'going on' then ws.lease end,
      first_failed_at = case when i.attempts > 0 then case when i.is_new_failure then now() else ws.first_failed_at end end,
      failed_at = case i.step when 'failed' then now() end,
      due_at = ${dueAfterStep}
    from step i
    where i.is_present and ws.webhook_id = i.webhook_id and ws.session_id = i.session_id and ws.lease = i.lease
    returning ws.webhook_id, ws.session_id, i.lease
  ), given_up as (
    update webhook_session ws set lease = null, due_at = now()
    from step i
    where not i.is_present and ws.webhook_id = i.webhook_id and ws.session_id = i.session_id and ws.lease = i.lease
  )`

/** Creates a function that saves progress. Concurrent calls share a statement. */
export function createProgressSaver(db: Database, { run }: Pick<EpochExpressions, 'run'>): SaveProgress {
  return batch<Progress, boolean>(async (many) => {
    const steps = many.map(({ webhookId, sessionId, lease, seq, unreadId, attempts, isNewFailure, next }) => ({
      ...{ webhook_id: webhookId, session_id: sessionId, lease, seq, unread_id: unreadId, attempts },
      ...{ is_new_failure: isNewFailure, step: next.step, delay_ms: next.step === 'paused' ? next.delayMs : null },
    }))
    const log = many.flatMap(({ webhookId, lease, log }) =>
      log.map((attempt) => ({ ...toLogRow(webhookId, attempt), lease })),
    )
    const ofKept = Prisma.sql`where exists (
      select from kept k where k.webhook_id = i.webhook_id and k.session_id = i.session_id and k.lease = i.lease)`
    const kept = await db.prisma.$queryRaw<{ webhookId: bigint; sessionId: bigint; lease: string }[]>(Prisma.sql`
      with ${keepProgress(JSON.stringify(steps), run)}, logged as (
        ${writeLog(log, ofKept)}
      )
      select webhook_id as "webhookId", session_id as "sessionId", lease from kept`)
    const isKept = new Set(kept.map((row) => `${row.webhookId}:${row.sessionId}:${row.lease}`))
    return many.map(({ webhookId, sessionId, lease }) => isKept.has(`${webhookId}:${sessionId}:${lease}`))
  })
}

const toLogRow = (webhookId: number, { event, status, delayMs, ...attempt }: LoggedAttempt) => ({
  ...{ webhook_id: webhookId, event_id: event.id, type: event.type, session_id: event.sessionId, seq: event.seq },
  ...{
    unread_id: event.unreadId,
    status,
    response_status: attempt.responseStatus,
    response_body: attempt.responseBody,
  },
  ...{ error: attempt.error, duration_ms: attempt.durationMs, delay_ms: delayMs },
})

/**
 * SQL that adds attempts to the log: a row for each event of a webhook, with the outcome of its last attempt. An event that is
 * given twice is added once, because a statement cannot update a row twice.
 */
function writeLog(rows: ReturnType<typeof toLogRow>[], condition = Prisma.empty): Prisma.Sql {
  return Prisma.sql`
    insert into webhook_delivery as d (webhook_id, event_id, type, session_id, seq, unread_id, status, attempts,
      response_status, response_body, error, duration_ms, next_attempt_at)
    select distinct on (webhook_id, event_id) webhook_id, event_id, type, session_id, seq, unread_id,
      status::webhook_delivery_status, 1, response_status, response_body, error, duration_ms,
      now() + delay_ms * interval '1 millisecond'
    from json_to_recordset(${JSON.stringify(rows)}::json) as i(webhook_id bigint, event_id text, type text,
      session_id bigint, seq bigint, unread_id bigint, status text, response_status int, response_body text, error text,
      duration_ms int, delay_ms bigint, lease text)
    ${condition}
    on conflict (webhook_id, event_id) do update set status = excluded.status, attempts = d.attempts + 1,
      response_status = excluded.response_status, response_body = excluded.response_body, error = excluded.error,
      duration_ms = excluded.duration_ms, next_attempt_at = excluded.next_attempt_at, updated = now()`
}

/** Logs an attempt that was made outside of the order of its session: a test or a replay. */
export async function logAttempt(db: Database, webhookId: number, attempt: LoggedAttempt): Promise<void> {
  await db.prisma.$executeRaw(writeLog([toLogRow(webhookId, attempt)]))
}
