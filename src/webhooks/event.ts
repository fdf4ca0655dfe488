import { Type, type Static } from '@sinclair/typebox'
import { IdSchema } from '../protocol/schemas/id.js'
import { StoreSchema } from '../protocol/schemas/accounts.js'
import { MessageSchema } from '../protocol/schemas/messages.js'
import type { SessionChangeKind } from '../database/rows/session-changes.js'
import { SessionSchema } from '../protocol/schemas/sessions.js'

const SeqSchema = Type.Integer({ minimum: 1, description: 'Counts the durable events of the session, without a gap.' })
const SessionEventSchema = Type.Object({ session: SessionSchema, seq: SeqSchema })

/** The types of events that the platform may subscribe to, with their `data`: of durable events, the payload of the frame. */
export const eventData = {
  'session.created': SessionEventSchema,
  'session.claimed': SessionEventSchema,
  'session.released': SessionEventSchema,
  'session.transferred': SessionEventSchema,
  'session.closed': SessionEventSchema,
  'message.created': Type.Object({ message: MessageSchema, seq: SeqSchema }),
  'message.unread': Type.Object({
    session: SessionSchema,
    store: StoreSchema,
    count: Type.Integer({ minimum: 1, description: 'How many messages the store had not read.' }),
    since: Type.String({ format: 'date-time', description: 'When the first of them was sent.' }),
    store_online: Type.Boolean({ description: 'Whether the store had a socket open.' }),
    messages: Type.Array(MessageSchema, { description: 'The newest of them, at most ten, oldest first.' }),
  }),
}

export type EventType = keyof typeof eventData
export const eventTypes = Object.keys(eventData) as EventType[]
export const EventTypeSchema = Type.Union(eventTypes.map((type) => Type.Literal(type)))

/** The event that only `test/` sends. */
export const TEST_TYPE = 'webhook.test'
export const TestDataSchema = Type.Object({ webhook_id: IdSchema })

type EventData = { [T in EventType]: Static<(typeof eventData)[T]> } & { [TEST_TYPE]: Static<typeof TestDataSchema> }

export const typeOfChange: Record<SessionChangeKind, EventType> = {
  create: 'session.created',
  claim: 'session.claimed',
  release: 'session.released',
  transfer: 'session.transferred',
  close: 'session.closed',
}

/** An event as it is sent. */
export interface WebhookEvent {
  /** The same at each attempt and for each webhook. */
  id: string
  type: EventType | typeof TEST_TYPE
  sessionId: number | null
  /** Only of a durable event. */
  seq: number | null
  /** Only of an unread event. */
  unreadId: number | null
  body: string
}

/**
 * Creates the id of an event from its position and its time: a database that was set back gives the same positions to other
 * events. Standard Webhooks forbids dots in ids, because they separate the signed parts.
 */
export const nameEvent = (place: string, at: string) => `evt_${place}_${Date.parse(at).toString(36)}`

/** Writes the body of an event. `timestamp` is when it happened. */
export const writeBody = <T extends keyof EventData>(type: T, timestamp: string, data: EventData[T]) =>
  JSON.stringify({ type, timestamp, data })
