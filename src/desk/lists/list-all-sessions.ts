import { Type, type Static } from '@sinclair/typebox'
import { defineColumns } from '../../database/columns.js'
import type { Database } from '../../database/database.js'
import { joinRating, ratingExpression, toRating, type RatingRow } from '../../database/rows/ratings.js'
import { Prisma } from '../../generated/prisma/client.js'
import type { Account } from '../../protocol/account.js'
import { RatedSessionSchema } from '../../protocol/schemas/desk.js'
import { PAGE_SIZE } from '../../protocol/schemas/paging.js'
import {
  adminItemExpressions,
  adminJoins,
  encodeCursor,
  NextCursorSchema,
  readCursor,
  toListedSession,
  type AdminItemRow,
  type ListPage,
} from '../../sessions/list-items.js'
import { selectNewest, type SessionFilter } from './all-sessions-statement.js'
import { findCreatedRange, type TimeRange } from './created-range.js'

export const AllSessionsPageSchema = Type.Object({
  data: Type.Array(RatedSessionSchema, { description: 'Newest first.' }),
  next_cursor: NextCursorSchema,
})
type AllSessionsPage = Static<typeof AllSessionsPageSchema>

type Row = AdminItemRow & { rating: RatingRow | null }
const columns = defineColumns<Row>({ ...adminItemExpressions, rating: ratingExpression })
const joins = Prisma.sql`${adminJoins} ${Prisma.raw(joinRating)}`

/** The period is that of a session's creation. */
export type AllSessionsQuery = ListPage & SessionFilter & TimeRange

/**
 * Lists all sessions that an admin may read, closed ones included, newest first: open ones, those that it holds or held
 * last, and those that were closed before anybody held them; a supervisor reads all. The order is that of the ids, so a
 * cursor stays valid while sessions are created and closed.
 * @throws RequestError 400 the cursor is invalid
 */
export async function listAllSessions(
  db: Database,
  admin: Pick<Account, 'id' | 'role'>,
  { limit = PAGE_SIZE, cursor, from, to, ...filter }: AllSessionsQuery,
): Promise<AllSessionsPage> {
  const [before = Number.MAX_SAFE_INTEGER] = readCursor(cursor, 1)
  const range = await findCreatedRange(db, { from, to })
  const newest = selectNewest(admin, filter, { ...range, before: Math.min(before, range.before) }, limit + 1)
  if (newest === undefined) return { data: [], next_cursor: null }
  const found = await columns.read(db, Prisma.sql`${columns.select} from (${newest}) s ${joins}`)
  const rows = found.toSorted((one, other) => other.id - one.id).slice(0, limit)
  const last = rows.at(-1)
  return {
    data: rows.map((row) => ({ ...toListedSession(row), rating: row.rating && toRating(row.rating) })),
    next_cursor: found.length > limit && last ? encodeCursor(String(last.id)) : null,
  }
}
