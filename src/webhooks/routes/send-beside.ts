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

/** What sends an event at somebody's request, beside the order of its session. */
export interface SendingBeside {
  db: Database
  attempt: AttemptDelivery
  readEvents: ReadEvents
  /** How long a statement may take, and so a transaction. */
  longestStatementMs: number
  /** Lets the dispatcher look for what has become due. */
  wake: () => void
  /** Aborts when the node closes. */
  signal: AbortSignal
}

/**
 * Sends a test event, once, also to a webhook that is switched off, and answers with what the receiver said.
 * @throws RequestError 404
 */
export async function sendTest(deps: SendingBeside, webhookId: number): Promise<Delivery> {
  return sendOnce(deps, webhookId, writeTest(webhookId, `test_${randomUUID()}`, new Date().toISOString()))
}

/**
 * Delivers an event again, with its id. What was delivered before is sent once, at once. What was given up, or waits for its
 * next attempt, becomes due with all that waits behind it; its three days begin anew.
 * @throws RequestError 404 · 409 the webhook is switched off, or the event is being sent
 */
export async function replayDelivery(deps: SendingBeside, deliveryId: number): Promise<Delivery> {
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

/** Whether the session has gone on since: a replay that failed leaves a failed delivery of an event that was delivered before. */
async function isPassed(
  db: SendingBeside['db'],
  { webhookId, sessionId, seq, unreadId }: DeliveryRow,
): Promise<boolean> {
  const [row] = await db.prisma.$queryRaw<{ isPassed: boolean }[]>(Prisma.sql`
    select coalesce(seq >= ${seq}, unread_id >= ${unreadId}, false) as "isPassed" from webhook_session
    where webhook_id = ${webhookId} and session_id = ${sessionId}`)
  // Where the session has ended and everything was delivered, nothing is kept of it.
  return row?.isPassed ?? true
}

async function resume({ db, wake }: SendingBeside, { id, webhookId, sessionId }: DeliveryRow): Promise<Delivery> {
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

async function sendOnce(deps: SendingBeside, webhookId: number, event: WebhookEvent): Promise<Delivery> {
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

/** The event of a delivery, as it was sent. */
async function readEvent({ readEvents }: SendingBeside, delivery: DeliveryRow): Promise<WebhookEvent> {
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
