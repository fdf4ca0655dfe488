import { epochMs, toUtc } from '../sql.js'
import type { Session } from '../../protocol/schemas/sessions.js'

/** A row of chat_session, times in milliseconds since the epoch. */
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

/** A session as one JSON object. Times are in PostgreSQL's format: ISO 8601 with an offset. */
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

/** Converts a row to a session for the wire. */
export function toSession(row: SessionRow): Session {
  const { id, store_id, admin_id, status, closed_at } = row
  const [last_message_at, created, updated] = [toUtc(row.last_message_at), toUtc(row.created), toUtc(row.updated)]
  const session = { id, store_id, admin_id, status, last_message_at, created, updated }
  return closed_at === null ? session : { ...session, closed_at: toUtc(closed_at) }
}
