import { Type, type Static } from '@sinclair/typebox'
import { IdSchema } from '../protocol/schemas/id.js'
import type { Webhook as WebhookRow } from '../generated/prisma/client.js'
import { EventTypeSchema, eventTypes, type EventType } from './event.js'

const MomentOrNull = (description: string) =>
  Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description })

const UrlSchema = Type.String({
  maxLength: 2048,
  format: 'http-url',
  description: 'http or https, without user name and password.',
  examples: ['https://example.com/chat-events'],
})
const EventsSchema = Type.Array(EventTypeSchema, {
  minItems: 1,
  maxItems: 50,
  description: 'Types of the events that are sent. Default: all.',
})

export const WebhookInputSchema = Type.Object({ url: UrlSchema, events: Type.Optional(EventsSchema) })
export type WebhookInput = Static<typeof WebhookInputSchema>

export const WebhookPatchSchema = Type.Object({
  url: Type.Optional(UrlSchema),
  events: Type.Optional(EventsSchema),
  active: Type.Optional(
    Type.Boolean({
      description:
        'false stops all deliveries. true continues at the position of the webhook, and retries what was given up.',
    }),
  ),
})
export type WebhookPatch = Static<typeof WebhookPatchSchema>

export const WebhookSchema = Type.Object(
  {
    id: IdSchema,
    url: Type.String(),
    events: Type.Array(EventTypeSchema),
    active: Type.Boolean(),
    gone_at: MomentOrNull('When an answer of 410 switched the webhook off.'),
    previous_secret_until: MomentOrNull('Until then each event is also signed with the previous secret.'),
    created: Type.String({ format: 'date-time', description: 'Earlier events are not sent.' }),
  },
  { title: 'Webhook' },
)
export type Webhook = Static<typeof WebhookSchema>

export const WebhookWithSecretSchema = Type.Object(
  { ...WebhookSchema.properties, secret: Type.String({ description: 'Shown this once.', examples: ['whsec_…'] }) },
  { title: 'WebhookWithSecret' },
)
export type WebhookWithSecret = Static<typeof WebhookWithSecretSchema>

/** A webhook as the API returns it, without its secrets. */
export function toWebhook(row: WebhookRow): Webhook {
  const until = row.previousSecretUntil
  return {
    id: Number(row.id),
    url: row.url,
    events: row.events.length === 0 ? eventTypes : (row.events as EventType[]),
    active: row.active,
    gone_at: row.goneAt?.toISOString() ?? null,
    previous_secret_until: until !== null && until.getTime() > Date.now() ? until.toISOString() : null,
    created: row.created.toISOString(),
  }
}
