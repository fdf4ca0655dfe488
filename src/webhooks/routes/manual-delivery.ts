import { randomUUID } from 'node:crypto'
import type { Database } from '../../database/database.js'
import { conflict, notFound } from '../../errors/request-error.js'
import { Prisma, type WebhookDelivery as DeliveryRow } from '../../generated/prisma/client.js'
import { findDelivery, readDelivery, toDelivery, type Delivery } from '../deliveries.js'
import { describeAttempt } from '../delivery/deliver-session.js'
import type { AttemptDelivery } from '../delivery/attempt.js'
import type { ReadEvents } from '../delivery/read-events.js'
import { logAttempt } from '../delivery/save-progress.js'
import { nameEvent, TEST_TYPE, writeBody, type WebhookEvent } from '../event.js'
import { findWebhook, secretsOf } from '../webhooks.js'

/** Dependencies of the routes that send an event at once, outside of the order of its session. */
export interface ManualDelivery {
  db: Database
  attempt: AttemptDelivery
  readEvents: ReadEvents
  /** How long a statement may take, and so a transaction. */
  longestStatementMs: number
  /** Makes the dispatcher look for sessions that became due. */
  wake: () => void
  /** Aborts when the node closes. */
  signal: AbortSignal
}

/**
 * Sends a test event once, even to a webhook that is switched off, and returns the outcome.
 * @throws RequestError 404
 */
export async function sendTest(deps: ManualDelivery, webhookId: number): Promise<Delivery> {
  return sendOnce(deps, webhookId, writeTest(webhookId, `test_${randomUUID()}`, new Date().toISOString()))
}

/**
 * Delivers an event again, with the same id. One that was delivered before is sent once, at once. For one that was given up,
 * or that waits for its next attempt, the session becomes due: its later events follow, and its three days begin anew.
 * @throws RequestError 404 · 409 the webhook is switched off, or the event is being sent
 */
export async function replayDelivery(deps: ManualDelivery, deliveryId: number): Promise<Delivery> {
  const { db } = deps
  const delivery = await findDelivery(db, deliveryId)
  const webhookId = Number(delivery.webhookId)
  const { active } = await findWebhook(db, webhookId).catch(() => ({ active: undefined }))
  if (active === undefined) throw notFound('Delivery not found')
  if (!active) throw conflict('The webhook is switched off')
  const isOnce = delivery.status === 'delivered' || delivery.type === TEST_TYPE || (await isPassed(db, delivery))
  if (isOnce) {
    return sendOnce(deps, webhookId, await readEvent(deps, delivery))
  }
  return resume(deps, delivery)
}

/** Whether the session has gone on since. A failed replay leaves a failed delivery of an event that was delivered before. */
async function isPassed(
  db: ManualDelivery['db'],
  { webhookId, sessionId, seq, unreadId }: DeliveryRow,
): Promise<boolean> {
  const [row] = await db.prisma.$queryRaw<{ isPassed: boolean }[]>(Prisma.sql`
    select coalesce(seq >= ${seq}, unread_id >= ${unreadId}, false) as "isPassed" from webhook_session
    where webhook_id = ${webhookId} and session_id = ${sessionId}`)
  // The position is deleted once the session was closed and delivered completely.
  return row?.isPassed ?? true
}

async function resume({ db, wake }: ManualDelivery, { id, webhookId, sessionId }: DeliveryRow): Promise<Delivery> {
  const [row] = await db.prisma.$queryRaw<{ id: bigint }[]>(Prisma.sql`
    with resumed as (
      update webhook_session set due_at = now(), attempts = 0, first_failed_at = null, failed_at = null
      where webhook_id = ${webhookId} and session_id = ${sessionId} and lease is null
      returning session_id
    )
    update webhook_delivery set status = 'pending', next_attempt_at = now(), updated = now()
    where id = ${id} and exists (select from resumed)
    returning id`)
  if (row === undefined) throw conflict('The event is being sent')
  wake()
  return toDelivery(await findDelivery(db, Number(id)))
}

async function sendOnce(deps: ManualDelivery, webhookId: number, event: WebhookEvent): Promise<Delivery> {
  const { db, attempt, signal } = deps
  const webhook = await findWebhook(db, webhookId)
  const result = await attempt({ url: webhook.url, secrets: secretsOf(webhook) }, event, signal)
  await logAttempt(db, webhookId, describeAttempt(event, result, result.isDelivered ? 'delivered' : 'failed', null))
  return readDelivery(db, webhookId, event.id)
}

function writeTest(webhookId: number, place: string, at: string): WebhookEvent {
  const body = writeBody(TEST_TYPE, at, { webhook_id: webhookId })
  return { id: nameEvent(place, at), type: TEST_TYPE, sessionId: null, seq: null, unreadId: null, body }
}

/** Reads the event of a delivery as it was sent. */
async function readEvent({ readEvents }: ManualDelivery, delivery: DeliveryRow): Promise<WebhookEvent> {
  const { eventId, webhookId, sessionId, seq, unreadId } = delivery
  if (sessionId === null) {
    return { ...writeTest(Number(webhookId), '', delivery.created.toISOString()), id: eventId }
  }
  const place = {
    sessionId: Number(sessionId),
    seq: Number(seq ?? Number.MAX_SAFE_INTEGER),
    unreadId: Number(unreadId),
  }
  const before = seq === null ? { ...place, unreadId: place.unreadId - 1 } : { ...place, seq: place.seq - 1 }
  const { events } = await readEvents(before)
  const event = events.find(({ id }) => id === eventId)
  if (event === undefined) throw notFound('The event does not exist any more')
  return event
}
