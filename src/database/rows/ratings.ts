import { epochMs, toUtc } from '../sql.js'
import type { Rating } from '../../protocol/schemas/desk.js'

/** A row of chat_rating, times in milliseconds since the epoch. */
export type RatingRow = Pick<Rating, 'session_id' | 'score' | 'comment'> & { created: number; updated: number }

/**
 * SQL of a RatingRow as one JSON object, null for a session without a rating. The statement must contain `joinRating`.
 */
export const ratingExpression = `case when rating.session_id is not null then json_build_object(
  'session_id', rating.session_id, 'score', rating.score, 'comment', rating.comment,
  'created', ${epochMs('rating.created')}, 'updated', ${epochMs('rating.updated')}) end`

/** SQL that joins the rating of a session, where `s` is the alias of chat_session. */
export const joinRating = 'left join chat_rating rating on rating.session_id = s.id'

/** Converts a row to a rating for the wire. */
export const toRating = (row: RatingRow): Rating => ({
  ...row,
  created: toUtc(row.created),
  updated: toUtc(row.updated),
})
