import { Prisma } from '../generated/prisma/client.js'
import type { Database } from '../database/database.js'
import { invalidInput } from '../errors.js'
import { joinReceipts, messageJson } from '../messages/message.js'
import { PAGE_SIZE } from '../paging.js'
import { sessionJson, withStore } from './session.js'

export interface ListPage {
  limit?: number
  cursor?: string
}

interface ListRow {
  json: string
  cursor: string
  count: bigint
}

const item = Prisma.raw(`(${sessionJson('s', withStore('st'), `'last_message', last.message`)})::text`)
/** The receipts are looked up beside the message, by its session: joined to the list, they would be read as a whole table. */
const joins = Prisma.raw(`
  join store st on st.id = s.store_id
  left join lateral (
    select ${messageJson('m')} as message
    from (select * from chat_message where session_id = s.id order by seq desc limit 1) m ${joinReceipts('s.id')}
  ) last on true`)

/**
 * The sessions that nobody holds, longest waiting first, as JSON `{data, count, next_cursor}`. Waiting order is that of
 * the ids, so that a cursor stays true while sessions come and go.
 * @throws RequestError 400 when the cursor is none
 */
export async function listOpenSessions(db: Database, { limit = PAGE_SIZE, cursor }: ListPage): Promise<string> {
  const [after = 0] = readCursor(cursor, 1)
  const rows = await db.$queryRaw<ListRow[]>(Prisma.sql`
    select ${item} as json, s.id::text as cursor
    from (
      select * from chat_session where status = 'open' and id > ${after} order by id limit ${limit + 1}
    ) s ${joins}
    order by s.id`)
  const [total] = await db.$queryRaw<{ count: bigint }[]>(Prisma.sql`
    select coalesce(sum(count), 0)::bigint as count from open_session_count`)
  return toPage(rows, limit, total?.count ?? 0n)
}

/**
 * The sessions an admin holds, newest message first, as JSON `{data, count, next_cursor}`. The order moves while it is
 * paged through; the cursor therefore carries the moment of the first page, and later pages keep the order of then.
 * @throws RequestError 400 when the cursor is none
 */
export async function listHeldSessions(
  db: Database,
  adminId: number,
  { limit = PAGE_SIZE, cursor }: ListPage,
): Promise<string> {
  const [moment = null, lastAt = null, lastId = null] = readCursor(cursor, 3)
  const rows = await db.$queryRaw<ListRow[]>(Prisma.sql`
    with held as materialized (
      select s.*, max(s.last_message_at) over () as newest, count(*) over () as total
      from chat_session s where s.admin_id = ${adminId} and s.status = 'claimed'
    ), placed as (
      select s.*, coalesce(to_timestamp(${moment}::bigint / 1000.0), s.newest) as moment,
        case when ${moment}::bigint is null or s.last_message_at <= to_timestamp(${moment}::bigint / 1000.0)
          then s.last_message_at
          else coalesce((select m.created from chat_message m where m.session_id = s.id
              and m.created <= to_timestamp(${moment}::bigint / 1000.0) order by m.seq desc limit 1), s.created)
        end as place
      from held s
    )
    select ${item} as json, s.total as count,
      concat_ws('.', ${Prisma.raw(['s.moment', 's.place'].map(epochMs).join(', '))}, s.id) as cursor
    from placed s ${joins}
    where ${lastId}::bigint is null or (s.place, s.id) < (to_timestamp(${lastAt}::bigint / 1000.0), ${lastId}::bigint)
    order by s.place desc, s.id desc limit ${limit + 1}`)
  if (rows[0] !== undefined) return toPage(rows, limit, rows[0].count)
  const count = await db.chatSession.count({ where: { adminId, status: 'claimed' } })
  return toPage([], limit, BigInt(count))
}

const epochMs = (moment: string) => `(extract(epoch from ${moment}) * 1000)::bigint`

/** Opaque to clients: numbers, as text, in base64url. */
function readCursor(cursor: string | undefined, length: number): number[] {
  if (cursor === undefined) return []
  const parts = Buffer.from(cursor, 'base64url').toString().split('.')
  const isNumber = (part: string) => /^\d+$/.test(part) && Number.isSafeInteger(Number(part))
  if (parts.length === length && parts.every(isNumber)) return parts.map(Number)
  throw invalidInput([{ field: 'cursor', message: 'is not one of this list' }])
}

function toPage(rows: { json: string; cursor: string }[], limit: number, count: bigint): string {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const next = rows.length > limit && last ? `"${Buffer.from(last.cursor).toString('base64url')}"` : 'null'
  return `{"data":[${page.map(({ json }) => json).join(',')}],"count":${count},"next_cursor":${next}}`
}
