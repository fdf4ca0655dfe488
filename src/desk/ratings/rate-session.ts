import { defineColumns } from '../../database/columns.js'
import type { Database } from '../../database/database.js'
import { joinRating, ratingExpression, toRating, type RatingRow } from '../../database/rows/ratings.js'
import { conflict, notFound } from '../../errors/request-error.js'
import { Prisma } from '../../generated/prisma/client.js'
import type { Account } from '../../protocol/account.js'
import { RATING_DAYS, type Rating } from '../../protocol/schemas/desk.js'
import type { SessionStatus } from '../../protocol/schemas/sessions.js'

interface RatedRow {
  status: SessionStatus
  /** null: there is no rating, or it was not stored. */
  rating: RatingRow | null
}

const columns = defineColumns<RatedRow>({ status: 's.status', rating: ratingExpression })

/**
 * Rates a closed session of a store, or changes its rating. Of two concurrent ratings the later one wins.
 * @throws RequestError 404 not a session of the store · 409 not closed, or closed more than RATING_DAYS ago
 */
export async function rateSession(
  db: Database,
  store: Account,
  { session_id, score, comment = '' }: { session_id: number; score: number; comment?: string },
): Promise<Rating> {
  const [row] = await columns.read(
    db,
    Prisma.sql`
    with s as materialized (
      select * from chat_session where id = ${session_id} and store_id = ${store.id}
    ), rating as (
      insert into chat_rating as r (session_id, score, comment)
      select s.id, ${score}::smallint, ${comment}::text from s
      where s.status = 'closed' and s.closed_at > clock_timestamp() - ${RATING_DAYS} * interval '1 day'
      on conflict (session_id) do update set score = excluded.score, comment = excluded.comment,
        updated = clock_timestamp()
      returning *
    )
    ${columns.select} from s left join rating on true`,
  )
  if (row === undefined) throw notFound('Session not found')
  if (row.rating !== null) return toRating(row.rating)
  throw conflict(
    row.status === 'closed'
      ? `A session can only be rated within ${RATING_DAYS} days after it was closed`
      : 'A session can only be rated after it was closed',
  )
}

/**
 * Reads a store's rating of a session of its own.
 * @throws RequestError 404 not a session of the store, or not rated
 */
export async function readRating(db: Database, store: Account, sessionId: number): Promise<Rating> {
  const [row] = await columns.read(
    db,
    Prisma.sql`
    ${columns.select} from chat_session s ${Prisma.raw(joinRating)}
    where s.id = ${sessionId} and s.store_id = ${store.id}`,
  )
  if (row === undefined) throw notFound('Session not found')
  if (row.rating === null) throw notFound('The session is not rated')
  return toRating(row.rating)
}
