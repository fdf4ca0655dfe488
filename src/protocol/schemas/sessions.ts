import { Type, type Static } from '@sinclair/typebox'
import { IdSchema } from './id.js'
import { StoreSchema } from './accounts.js'
import { MessageSchema } from './messages.js'

export const SessionStatusSchema = Type.Union([Type.Literal('open'), Type.Literal('claimed'), Type.Literal('closed')])

export type SessionStatus = Static<typeof SessionStatusSchema>

const sessionFields = {
  id: IdSchema,
  store_id: IdSchema,
  admin_id: Type.Union([IdSchema, Type.Null()], { description: 'Who holds the session.' }),
  status: SessionStatusSchema,
  last_message_at: Type.String({ format: 'date-time' }),
  created: Type.String({ format: 'date-time' }),
  updated: Type.String({ format: 'date-time' }),
  closed_at: Type.Optional(Type.String({ format: 'date-time', description: 'Only when closed.' })),
}

/** The messages that come with a session. */
export const messages = Type.Array(MessageSchema, { maxItems: 200, description: 'The 200 newest, oldest first.' })

export const SessionSchema = Type.Object(sessionFields, { title: 'Session' })

/** What only admins may know of a session, by the names of its fields. */
type AdminOnlyField = 'tags' | 'priority' | 'notes' | 'rating'

/**
 * A session as stores, webhooks and frames see it. What has a field that only admins may know is no `Session`, so that the
 * compiler refuses to send it there.
 */
export type Session = Static<typeof SessionSchema> & Partial<Record<AdminOnlyField, never>>

export const SessionWithStoreSchema = Type.Object(
  { ...sessionFields, store: StoreSchema },
  { title: 'SessionWithStore' },
)

export type SessionWithStore = Static<typeof SessionWithStoreSchema>

export const StoreSessionSchema = Type.Object(
  {
    ...sessionFields,
    store: Type.Optional(Type.Object(StoreSchema.properties, { description: 'Present once claimed.' })),
    messages,
  },
  { title: 'StoreSession' },
)

export type StoreSession = Static<typeof StoreSessionSchema>

/** How many messages come with a session. */
export const NEWEST_MESSAGES = 200
