import { Type, type Static } from '@sinclair/typebox'
import { IdSchema } from '../protocol/schemas/id.js'
import type { Database } from '../database/database.js'
import { idOrNull } from '../database/sql.js'
import { notFound } from '../errors/request-error.js'
import type { WebhookDelivery as DeliveryRow } from '../generated/prisma/client.js'
import { PAGE_SIZE } from '../protocol/schemas/paging.js'

export const DeliveryStatusSchema = Type.Union([
  Type.Literal('pending'),
  Type.Literal('delivered'),
  Type.Literal('failed'),
])
export type DeliveryStatus = Static<typeof DeliveryStatusSchema>

const OrNull = <S extends ReturnType<typeof Type.Integer> | ReturnType<typeof Type.String>>(schema: S) =>
  Type.Union([schema, Type.Null()])

export const DeliverySchema = Type.Object(
  {
    id: IdSchema,
    webhook_id: IdSchema,
    event_id: Type.String({ description: 'The `webhook-id` that was sent.', examples: ['evt_12_7_mi3k9x2c'] }),
    type: Type.String(),
    session_id: Type.Union([IdSchema, Type.Null()]),
    seq: Type.Union([IdSchema, Type.Null()], { description: 'The seq of the event, if it has one.' }),
    status: DeliveryStatusSchema,
    attempts: Type.Integer(),
    response_status: OrNull(Type.Integer({ description: 'Status of the answer to the last attempt.' })),
    response_body: Type.String({ description: 'First KiB of the answer.' }),
    error: OrNull(Type.String({ description: 'Why there was no answer.' })),
    duration_ms: Type.Integer(),
    next_attempt_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
    created: Type.String({ format: 'date-time' }),
    updated: Type.String({ format: 'date-time' }),
  },
  { title: 'WebhookDelivery' },
)
export type Delivery = Static<typeof DeliverySchema>

export interface DeliveryPage {
  status?: DeliveryStatus
  /** Last id of the previous page. */
  before?: number
  limit?: number
}

/** The log of a webhook, newest first. It contains an event from its first attempt on. */
export async function listDeliveries(db: Database, webhookId: number, page: DeliveryPage): Promise<Delivery[]> {
  const { status, before, limit = PAGE_SIZE } = page
  const rows = await db.prisma.webhookDelivery.findMany({
    where: { webhookId, ...(status && { status }), ...(before !== undefined && { id: { lt: before } }) },
    orderBy: { id: 'desc' },
    take: limit,
  })
  return rows.map(toDelivery)
}

/** @throws RequestError 404 */
export async function findDelivery(db: Database, id: number): Promise<DeliveryRow> {
  const row = await db.prisma.webhookDelivery.findUnique({ where: { id } })
  if (row === null) throw notFound('Delivery not found')
  return row
}

/** The delivery of an event to a webhook. */
export async function readDelivery(db: Database, webhookId: number, eventId: string): Promise<Delivery> {
  const where = { webhookId_eventId: { webhookId, eventId } }
  return toDelivery(await db.prisma.webhookDelivery.findUniqueOrThrow({ where }))
}

export function toDelivery(row: DeliveryRow): Delivery {
  return {
    id: Number(row.id),
    webhook_id: Number(row.webhookId),
    event_id: row.eventId,
    type: row.type,
    session_id: idOrNull(row.sessionId),
    seq: idOrNull(row.seq),
    status: row.status,
    attempts: row.attempts,
    response_status: row.responseStatus,
    response_body: row.responseBody,
    error: row.error,
    duration_ms: row.durationMs,
    next_attempt_at: row.nextAttemptAt?.toISOString() ?? null,
    created: row.created.toISOString(),
    updated: row.updated.toISOString(),
  }
}
