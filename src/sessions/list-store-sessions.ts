import { Type, type Static } from '@sinclair/typebox'
import { defineColumns } from '../database/columns.js'
import type { Database } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import { joinRating, ratingExpression, toRating, type RatingRow } from '../database/rows/ratings.js'
import { toSession } from '../database/rows/sessions.js'
import { RatingSchema } from '../protocol/schemas/desk.js'
import { MessageSchema } from '../protocol/schemas/messages.js'
import { SessionSchema } from '../protocol/schemas/sessions.js'
import { PAGE_SIZE } from '../protocol/schemas/paging.js'
import {
  encodeCursor,
  itemExpressions,
  joins,
  NextCursorSchema,
  readCursor,
  readLastMessage,
  type ItemRow,
  type ListPage,
} from './list-items.js'

const last_message = Type.Union([MessageSchema, Type.Null()])
const rating = Type.Union([RatingSchema, Type.Null()], { description: 'How the store has rated the session.' })

/** A page of a store's sessions, as the store sees them. */
export const OwnSessionPageSchema = Type.Object({
  data: Type.Array(Type.Object({ ...SessionSchema.properties, last_message, rating }), {
    description: 'Newest first.',
  }),
  next_cursor: NextCursorSchema,
})
type OwnSessionPage = Static<typeof OwnSessionPageSchema>

const columns = defineColumns<ItemRow & { rating: RatingRow | null }>({ ...itemExpressions, rating: ratingExpression })

/**
 * All sessions of a store, closed ones too, newest first, for that store. A store has one active session at a time, so
 * the order of the ids is that of their beginnings, and a cursor stays valid while sessions begin and end.
 * @throws RequestError 400 when the cursor is none
 */
export async function listOwnSessions(
  db: Database,
  storeId: number,
  { limit = PAGE_SIZE, cursor }: ListPage,
): Promise<OwnSessionPage> {
  const [before = Number.MAX_SAFE_INTEGER] = readCursor(cursor, 1)
  const found = await columns.read(
    db,
    Prisma.sql`
    ${columns.select} from (
      select * from chat_session where store_id = ${storeId} and id < ${before} order by id desc limit ${limit + 1}
    ) s ${joins} ${Prisma.raw(joinRating)}`,
  )
  const rows = found.toSorted((one, other) => other.id - one.id).slice(0, limit)
  const last = rows.at(-1)
  return {
    data: rows.map((row) => ({
      ...toSession(row),
      last_message: readLastMessage(row),
      rating: row.rating && toRating(row.rating),
    })),
    next_cursor: found.length > limit && last ? encodeCursor(String(last.id)) : null,
  }
}
