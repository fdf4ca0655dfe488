import type { Static } from '@sinclair/typebox'
import { defineColumns } from '../../database/columns.js'
import type { Database } from '../../database/database.js'
import { Prisma } from '../../generated/prisma/client.js'
import { MAX_PRIORITY } from '../../protocol/schemas/desk.js'
import { PAGE_SIZE } from '../../protocol/schemas/paging.js'
import { countOpenSessions, type OpenFilter } from './count-open-sessions.js'
import {
  adminItemExpressions,
  adminJoins,
  encodeCursor,
  readCursor,
  toListedSession,
  type AdminItemRow,
  type ListPage,
  type SessionPageSchema,
} from '../../sessions/list-items.js'

/** Priorities from the most urgent to the normal one. */
const priorities = Array.from({ length: MAX_PRIORITY + 1 }, (_, index) => MAX_PRIORITY - index)

const columns = defineColumns<AdminItemRow>(adminItemExpressions)

/**
 * Lists the sessions that nobody holds: the most urgent first, and within a priority the longest waiting first. The
 * order within a priority is that of the ids, so a cursor stays valid while sessions are created and claimed.
 * @throws RequestError 400 the cursor is invalid
 */
export async function listOpenSessions(
  db: Database,
  { limit = PAGE_SIZE, cursor, ...filter }: ListPage & OpenFilter,
): Promise<Static<typeof SessionPageSchema>> {
  const [lastPriority = MAX_PRIORITY, lastId = 0] = readCursor(cursor, 2)
  const listed = (level: number) => level <= lastPriority && level === (filter.priority ?? level)
  const after = (level: number) => (level === lastPriority ? lastId : 0)
  const rows = await columns.read(
    db,
    Prisma.sql`
    ${columns.select} from (
      ${Prisma.join(
        // A priority that is not listed keeps its part of the statement, with an id beyond the last one, so that all
        // queries share one plan.
        priorities.map((level) =>
          readLevel(level, filter.tag, listed(level) ? after(level) : Number.MAX_SAFE_INTEGER, limit + 1),
        ),
        ' union all ',
      )}
      order by priority desc, id limit ${limit + 1}
    ) listed join chat_session s on s.id = listed.id ${adminJoins}`,
  )
  const inOrder = rows.toSorted((one, other) => other.priority - one.priority || one.id - other.id)
  const page = inOrder.slice(0, limit)
  const last = page.at(-1)
  return {
    data: page.map(toListedSession),
    ...(await countOpenSessions(db, filter)),
    next_cursor: rows.length > limit && last ? encodeCursor(`${last.priority}.${last.id}`) : null,
  }
}

/**
 * SQL of the first open sessions of one priority after an id, in the order of an index. Most sessions have no details;
 * their priority is 0. For that priority the details are looked up one by one, because a join would read all of them.
 */
function readLevel(level: number, tag: string | undefined, after: number, limit: number): Prisma.Sql {
  const fixed = Prisma.raw(`${level}`)
  if (tag !== undefined) {
    return Prisma.sql`(select ${fixed} as priority, session_id as id from chat_session_tag
      where tag = ${tag} and status = 'open' and priority = ${fixed} and session_id > ${after}
      order by session_id limit ${limit})`
  }
  if (level > 0) {
    return Prisma.sql`(select ${fixed} as priority, session_id as id from chat_session_details
      where status = 'open' and priority > 0 and priority = ${fixed} and session_id > ${after}
      order by session_id limit ${limit})`
  }
  return Prisma.sql`(select ${fixed} as priority, o.id from chat_session o
    where o.status = 'open' and o.id > ${after}
      and coalesce((select d.priority from chat_session_details d where d.session_id = o.id), 0) = 0
    order by o.id limit ${limit})`
}
