import type { SessionDetails, SessionForAdmins } from '../../protocol/schemas/desk.js'
import { toSession, type SessionRow } from './sessions.js'

/*
 * What only admins may know of a session. No statement for a store, a webhook or a mail may read it.
 */

/** SQL of the fields of SessionDetails. The statement must contain `joinDetails`. */
export const detailExpressions = {
  tags: `coalesce(details.tags, '{}')`,
  priority: 'coalesce(details.priority, 0)',
}

/** SQL that joins the details of a session, where `s` is the alias of chat_session. */
export const joinDetails = 'left join chat_session_details details on details.session_id = s.id'

/**
 * SQL of a session's details as one JSON value, null without any. A function reads them, with a snapshot of its own: in
 * a statement that waited for the session's lock, it returns what was committed meanwhile.
 */
export const newestDetails = 'read_session_details(s.id)'

/** Details of a session without a row of details. */
export const noDetails: SessionDetails = { tags: [], priority: 0 }

/** Converts a row to a session as admins see it. */
export const toSessionForAdmins = (row: SessionRow & SessionDetails): SessionForAdmins => ({
  ...toSession(row),
  tags: row.tags,
  priority: row.priority,
})
