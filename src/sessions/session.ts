import { Type, type Static } from '@sinclair/typebox'
import { IdSchema, StoreSchema } from '../accounts/accounts.js'
import { epochMs, toUtc } from '../database/sql.js'
import { MessageSchema } from '../messages/message.js'

const SessionStatusSchema = Type.Union([Type.Literal('open'), Type.Literal('claimed'), Type.Literal('closed')])
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
const messages = Type.Array(MessageSchema, { maxItems: 200, description: 'The 200 newest, oldest first.' })

export const SessionSchema = Type.Object(sessionFields, { title: 'Session' })
export type Session = Static<typeof SessionSchema>

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

export const AdminSessionSchema = Type.Object(
  { ...sessionFields, store: StoreSchema, messages },
  { title: 'AdminSession' },
)
export type AdminSession = Static<typeof AdminSessionSchema>

/** How many messages come with a session. */
export const NEWEST_MESSAGES = 200

/** A row of chat_session, moments in milliseconds since the epoch. */
export interface SessionRow extends Pick<Session, 'id' | 'store_id' | 'admin_id' | 'status'> {
  last_message_at: number
  created: number
  updated: number
  closed_at: number | null
}

/** SQL of a SessionRow's fields, where `s` is the alias of chat_session. */
export const sessionExpressions = {
  id: 's.id',
  store_id: 's.store_id',
  admin_id: 's.admin_id',
  status: 's.status',
  last_message_at: epochMs('s.last_message_at'),
  created: epochMs('s.created'),
  updated: epochMs('s.updated'),
  closed_at: epochMs('s.closed_at'),
}

/** A session as one JSON object, as PostgreSQL writes moments: in ISO 8601, with its own offset. */
export interface SessionJson extends Pick<Session, 'id' | 'store_id' | 'admin_id' | 'status'> {
  last_message_at: string
  created: string
  updated: string
  closed_at?: string | null
}

/** SQL of a SessionJson, where `s` is the alias of chat_session. */
export const sessionJson = `json_build_object(${Object.keys(sessionExpressions)
  .map((field) => `'${field}', s.${field}`)
  .join(', ')})`

export function readSessionJson({ closed_at, ...json }: SessionJson): Session {
  return toSession({
    ...json,
    last_message_at: Date.parse(json.last_message_at),
    created: Date.parse(json.created),
    updated: Date.parse(json.updated),
    closed_at: typeof closed_at === 'string' ? Date.parse(closed_at) : null,
  })
}

/** SQL of the fields of a store, where `st` is its alias, as one JSON object. */
export const storeRow = `json_build_object('id', st.id, 'name', st.name, 'logo_url', st.logo_url, 'email', st.email)`

/** A session as it goes over the wire, whatever else the row has. */
export function toSession(row: SessionRow): Session {
  const { id, store_id, admin_id, status, closed_at } = row
  const [last_message_at, created, updated] = [toUtc(row.last_message_at), toUtc(row.created), toUtc(row.updated)]
  const session = { id, store_id, admin_id, status, last_message_at, created, updated }
  return closed_at === null ? session : { ...session, closed_at: toUtc(closed_at) }
}
