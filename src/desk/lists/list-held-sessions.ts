import type { Static } from '@sinclair/typebox'
import { defineColumns } from '../../database/columns.js'
import type { Database } from '../../database/database.js'
import { epochMs } from '../../database/sql.js'
import { Prisma } from '../../generated/prisma/client.js'
import { PAGE_SIZE } from '../../protocol/schemas/paging.js'
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

type HeldRow = AdminItemRow & {
  /** The cursor after this session: numbers joined by dots. */
  cursor: string
  /** Total of all pages. */
  count: number
}

const columns = defineColumns<HeldRow>({
  ...adminItemExpressions,
  cursor: `concat_ws('.', ${epochMs('s.moment')}, ${epochMs('s.sorted_at')}, s.id)`,
  count: 's.total',
})

/** SQL of the sessions `s` that an admin holds, all or those with a tag. */
const heldBy = (adminId: number, tag: string | undefined) => Prisma.sql`
  chat_session s where s.admin_id = ${adminId} and s.status = 'claimed'${
    tag === undefined
      ? Prisma.empty
      : Prisma.sql` and exists (select from chat_session_tag t where t.session_id = s.id and t.tag = ${tag})`
  }`

/**
 * Lists the sessions that an admin holds, newest message first. New messages change the order while a client pages. The
 * cursor therefore contains the time of the first page, and later pages use the order of that time.
 * @throws RequestError 400 the cursor is invalid
 */
export async function listHeldSessions(
  db: Database,
  adminId: number,
  { limit = PAGE_SIZE, cursor, tag }: ListPage & { tag?: string | undefined },
): Promise<Static<typeof SessionPageSchema>> {
  const [moment = null, lastAt = null, lastId = null] = readCursor(cursor, 3)
  const held = heldBy(adminId, tag)
  const rows = await columns.read(
    db,
    Prisma.sql`
    with held as materialized (
      select s.*, max(s.last_message_at) over () as newest, count(*) over () as total from ${held}
    ), sorted as (
      select s.*, coalesce(to_timestamp(${moment}::bigint / 1000.0), s.newest) as moment,
        case when ${moment}::bigint is null or s.last_message_at <= to_timestamp(${moment}::bigint / 1000.0)
          then s.last_message_at
          else coalesce((select m.created from chat_message m where m.session_id = s.id
              and m.created <= to_timestamp(${moment}::bigint / 1000.0) order by m.seq desc limit 1), s.created)
        end as sorted_at
      from held s
    )
    ${columns.select} from (
      select * from sorted s
      where ${lastId}::bigint is null or (s.sorted_at, s.id) < (to_timestamp(${lastAt}::bigint / 1000.0), ${lastId}::bigint)
      order by s.sorted_at desc, s.id desc limit ${limit + 1}
    ) s ${adminJoins}`,
  )
  const sortedAtOf = ({ cursor }: HeldRow) => Number(cursor.split('.')[1])
  const inOrder = rows.toSorted((one, other) => sortedAtOf(other) - sortedAtOf(one) || other.id - one.id)
  const page = inOrder.slice(0, limit)
  const last = page.at(-1)
  return {
    data: page.map(toListedSession),
    count: last?.count ?? (await countHeld(db, held)),
    next_cursor: rows.length > limit && last ? encodeCursor(last.cursor) : null,
  }
}

async function countHeld(db: Database, held: Prisma.Sql): Promise<number> {
  const [total] = await db.prisma.$queryRaw<{ count: bigint }[]>(Prisma.sql`select count(*) as count from ${held}`)
  return Number(total?.count ?? 0)
}
