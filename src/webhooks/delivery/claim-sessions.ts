import { randomUUID } from 'node:crypto'
import type { Database } from '../../database/database.js'
import type { EpochExpressions } from '../../database/epoch.js'
import { Prisma } from '../../generated/prisma/client.js'
import type { EventType } from '../event.js'
import { secretsOf } from '../webhooks.js'
import { EVENTS_PER_READ } from './read-events.js'

/**
 * How long a session belongs to the node that delivers it. The node renews the lease before an attempt that could outlast it.
 * When the lease of a dead node ends, another node may claim the session.
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
  /** Identifies this claim, and the run of the server that it was made in (`leaseRun`). */
  lease: string
  /** By `performance.now()`: just before the lease began. */
  leasedAt: number
  /** Events up to here are delivered. */
  seq: number
  unreadId: number
  /** The number of failed attempts of the next event. */
  attempts: number
  /** How long the next event has failed. */
  failingForMs: number
  /** About the number of its deliveries on this claim. */
  deliveries: number
  /** How long the session had been due. */
  waitedMs: number
}

interface ClaimRow {
  webhookId: bigint
  sessionId: bigint
  lease: string
  seq: bigint
  unreadId: bigint
  attempts: number
  failingForMs: number
  deliveries: number
  waitedMs: number
  url: string
  events: EventType[]
  secret: string
  previousSecret: string | null
  previousSecretUntil: Date | null
}

/** SQL of the run of the server in which a lease was made. */
export const leaseRun = (lease: Prisma.Sql) => Prisma.sql`split_part(${lease}, '.', 2)`

/** What a node can deliver now. */
export interface ClaimLimits {
  /** The number of sessions by the id of their webhook. */
  room: Map<number, number>
  /** The number of deliveries of all sessions together. The last session may exceed it. */
  deliveries: number
}

/**
 * Claims sessions that are due: of each webhook in turn the one that has been due for longest. The next event of a session that has failed is
 * tried alone, so a webhook that fails gets no more turns than others.
 */
export async function claimSessions(
  db: Database,
  { run }: Pick<EpochExpressions, 'run'>,
  { room, deliveries }: ClaimLimits,
): Promise<ClaimedSession[]> {
  const most = Math.ceil(
    Math.min(deliveries, [...room.values()].reduce((sum, each) => sum + each, 0) * EVENTS_PER_READ),
  )
  const wanted = [...room].map(([webhook_id, most]) => ({ webhook_id, most }))
  const claim = randomUUID()
  const leasedAt = performance.now()
  const rows = await db.prisma.$queryRaw<ClaimRow[]>(Prisma.sql`
    with wanted as (
      select * from json_to_recordset(${JSON.stringify(wanted)}::json) as given(webhook_id bigint, most int)
    ), due as materialized (
      select d.* from wanted cross join lateral (
        select webhook_id, session_id, due_at, seq, attempts from webhook_session
        where webhook_id = wanted.webhook_id and due_at <= now()
        order by due_at limit wanted.most for update skip locked
      ) d
    ), counted as (
      select d.*, case when d.attempts > 0 then 1 else least(greatest(s.seq - d.seq, 1), ${EVENTS_PER_READ}) end as deliveries,
        row_number() over (partition by d.webhook_id order by d.due_at, d.session_id) as turn
      from due d left join lateral (select seq from chat_session where id = d.session_id offset 0) s on true
    ), chosen as (
      select *, sum(deliveries) over (order by turn, due_at, webhook_id) - deliveries as before from counted
    )
    update webhook_session ws set lease = ${claim} || '.' || present.run, due_at = now() + ${LEASE_MS} * interval '1 millisecond'
    from chosen join webhook w on w.id = chosen.webhook_id cross join (select ${Prisma.raw(run)} as run offset 0) present
    where chosen.before < ${most} and ws.webhook_id = chosen.webhook_id and ws.session_id = chosen.session_id
      and w.active and w.deleted_at is null
    returning ws.webhook_id as "webhookId", ws.session_id as "sessionId", ws.lease, ws.seq, ws.unread_id as "unreadId", ws.attempts,
      coalesce(date_part('epoch', now() - ws.first_failed_at) * 1000, 0) as "failingForMs",
      chosen.deliveries::int as deliveries, date_part('epoch', now() - chosen.due_at) * 1000 as "waitedMs",
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
    deliveries: row.deliveries,
    waitedMs: row.waitedMs,
  }))
}
