import { epochMs, toUtc } from '../sql.js'
import type { Rating, SessionDetails, SessionForAdmins } from '../../protocol/schemas/desk.js'
import { toSession, type SessionRow } from './sessions.js'

/* What only admins may know of a session. No statement for a store, a webhook or a mail may read this. */

/** SQL of a SessionDetails' fields behind `joinDetails`. */
export const detailExpressions = {
  tags: `coalesce(details.tags, '{}')`,
  priority: 'coalesce(details.priority, 0)',
}

/** SQL that joins the details of a session, where `s` is the alias of chat_session. */
export const joinDetails = 'left join chat_session_details details on details.session_id = s.id'

/**
 * SQL of a session's details as one JSON value, null where it has none. In a statement that waited for the session it is
 * what was committed meanwhile.
 */
export const newestDetails = 'read_session_details(s.id)'

/** Details of a session that has no row of them. */
export const noDetails: SessionDetails = { tags: [], priority: 0 }

/** Converts a row to a session as admins see it. */
export const toSessionForAdmins = (row: SessionRow & SessionDetails): SessionForAdmins => ({
  ...toSession(row),
  tags: row.tags,
  priority: row.priority,
})

/** A row of chat_rating, times in milliseconds since the epoch. */
export type RatingRow = Pick<Rating, 'session_id' | 'score' | 'comment'> & { created: number; updated: number }

/** SQL of a RatingRow as one JSON object behind `joinRating`; null where the session is not rated. */
export const ratingExpression = `case when rating.session_id is not null then json_build_object(
  'session_id', rating.session_id, 'score', rating.score, 'comment', rating.comment,
  'created', ${epochMs('rating.created')}, 'updated', ${epochMs('rating.updated')}) end`

/** SQL that joins the rating of a session, where `s` is the alias of chat_session. */
export const joinRating = 'left join chat_rating rating on rating.session_id = s.id'

/** Converts a row to a rating as it goes over the wire. */
export const toRating = (row: RatingRow): Rating => ({
  ...row,
  created: toUtc(row.created),
  updated: toUtc(row.updated),
})
