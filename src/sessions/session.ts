import { Type, type Static } from '@sinclair/typebox'
import { IdSchema, StoreSchema } from '../accounts/accounts.js'
import { utc } from '../database/sql.js'
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

export const StoreSessionSchema = Type.Object(
  {
    ...sessionFields,
    store: Type.Optional(Type.Object(StoreSchema.properties, { description: 'Present once claimed.' })),
    messages,
  },
  { title: 'StoreSession' },
)

export const AdminSessionSchema = Type.Object(
  { ...sessionFields, store: StoreSchema, messages },
  { title: 'AdminSession' },
)

/** How many messages come with a session. */
export const NEWEST_MESSAGES = 200

/**
 * SQL of a Session as JSON: `s` is the alias of chat_session, `more` further pairs of key and value for
 * json_build_object. The order of the keys is the published one.
 */
export function sessionJson(s: string, ...more: string[]): string {
  const fields = `'id', ${s}.id, 'store_id', ${s}.store_id, 'admin_id', ${s}.admin_id, 'status', ${s}.status,
    'last_message_at', ${utc(`${s}.last_message_at`)}, 'created', ${utc(`${s}.created`)},
    'updated', ${utc(`${s}.updated`)}`
  const active = [fields, ...more].join(', ')
  const closed = [fields, `'closed_at', ${utc(`${s}.closed_at`)}`, ...more].join(', ')
  return `case when ${s}.status = 'closed' then json_build_object(${closed}) else json_build_object(${active}) end`
}

/** SQL of a pair for `sessionJson`: `st` is the alias of store. */
export const withStore = (st: string) =>
  `'store', json_build_object('id', ${st}.id, 'name', ${st}.name, 'logo_url', ${st}.logo_url, 'email', ${st}.email)`
