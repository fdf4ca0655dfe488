import { Type, type Static } from '@sinclair/typebox'
import { IdSchema } from '../protocol/schemas/id.js'
import { StoreSchema } from '../protocol/schemas/accounts.js'
import { MessageSchema } from '../protocol/schemas/messages.js'
import type { SessionChangeKind } from '../database/rows/session-changes.js'
import { SessionSchema } from '../protocol/schemas/sessions.js'

const SeqSchema = Type.Integer({ minimum: 1, description: 'Counts the durable events of the session, without a gap.' })
const SessionEventSchema = Type.Object({ session: SessionSchema, seq: SeqSchema })

/** What the platform may subscribe to: the `data` of each type. For durable events it is the payload of the frame. */
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
  /** Of a durable event. */
  seq: number | null
  /** Of an unread event. */
  unreadId: number | null
  body: string
}

/**
 * Names an event by its place and its moment. A database that was set back gives the same places again, to other events.
 * Standard Webhooks forbids dots, as they separate what is signed.
 */
export const nameEvent = (place: string, at: string) => `evt_${place}_${Date.parse(at).toString(36)}`

/** The body of an event that happened at a moment. */
export const writeBody = <T extends keyof EventData>(type: T, timestamp: string, data: EventData[T]) =>
  JSON.stringify({ type, timestamp, data })
