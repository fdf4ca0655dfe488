import { randomUUID } from 'node:crypto'
import type { Database } from '../../database/database.js'
import type { EpochExpressions } from '../../database/epoch.js'
import { Prisma } from '../../generated/prisma/client.js'
import type { EventType } from '../event.js'
import { secretsOf } from '../webhooks.js'

/**
 * How long a session belongs to the node that delivers it. The node renews the lease before each attempt that could outlast
 * it; one that dies gives the session back by this.
 */
export const LEASE_MS = 25_000

/** A webhook as its deliveries need it. */
export interface Receiver {
  id: number
  url: string
  /** Empty: all. */
  events: EventType[]
  secrets: string[]
}

/** A session that this node alone delivers to a webhook, for as long as its lease holds. */
export interface ClaimedSession {
  receiver: Receiver
  sessionId: number
  /** Names this claim, and the run of the server that it was made in (`leaseRun`). */
  lease: string
  /** When the lease began, or shortly before, by `performance.now()`. */
  leasedAt: number
  /** What is delivered. */
  seq: number
  unreadId: number
  /** Failed attempts of the next event, and for how long they have failed. */
  attempts: number
  failingForMs: number
}

interface ClaimRow {
  webhookId: bigint
  sessionId: bigint
  lease: string
  seq: bigint
  unreadId: bigint
  attempts: number
  failingForMs: number
  url: string
  events: EventType[]
  secret: string
  previousSecret: string | null
  previousSecretUntil: Date | null
}

/** SQL of the run of the server that a lease was made in. */
export const leaseRun = (lease: Prisma.Sql) => Prisma.sql`split_part(${lease}, '.', 2)`

/** Claims sessions that are due, up to as many for each webhook as it has room for. */
export async function claimSessions(
  db: Database,
  { run }: Pick<EpochExpressions, 'run'>,
  room: Map<number, number>,
): Promise<ClaimedSession[]> {
  const wanted = [...room].map(([webhook_id, most]) => ({ webhook_id, most }))
  const claim = randomUUID()
  const leasedAt = performance.now()
  const rows = await db.prisma.$queryRaw<ClaimRow[]>(Prisma.sql`
    with wanted as (
      select * from json_to_recordset(${JSON.stringify(wanted)}::json) as given(webhook_id bigint, most int)
    ), due as materialized (
      select d.* from wanted cross join lateral (
        select webhook_id, session_id from webhook_session
        where webhook_id = wanted.webhook_id and due_at <= now()
        order by due_at limit wanted.most for update skip locked
      ) d
    )
    update webhook_session ws set lease = ${claim} || '.' || present.run, due_at = now() + ${LEASE_MS} * interval '1 millisecond'
    from due join webhook w on w.id = due.webhook_id cross join (select ${Prisma.raw(run)} as run offset 0) present
    where ws.webhook_id = due.webhook_id and ws.session_id = due.session_id and w.active and w.deleted_at is null
    returning ws.webhook_id as "webhookId", ws.session_id as "sessionId", ws.lease, ws.seq, ws.unread_id as "unreadId", ws.attempts,
      coalesce(date_part('epoch', now() - ws.first_failed_at) * 1000, 0) as "failingForMs",
      w.url, coalesce(w.events, '{}') as events, w.secret, w.previous_secret as "previousSecret",
      w.previous_secret_until as "previousSecretUntil"`)
  return rows.map((row) => ({
    receiver: { id: Number(row.webhookId), url: row.url, events: row.events, secrets: secretsOf(row) },
    sessionId: Number(row.sessionId),
    lease: row.lease,
    leasedAt,
    seq: Number(row.seq),
    unreadId: Number(row.unreadId),
    attempts: row.attempts,
    failingForMs: row.failingForMs,
  }))
}
