import { Type, type Static } from '@sinclair/typebox'
import { defineColumns } from '../database/columns.js'
import type { Database } from '../database/database.js'
import { epochMs } from '../database/sql.js'
import { invalidInput } from '../errors/request-error.js'
import { Prisma } from '../generated/prisma/client.js'
import { messageColumns, receiptColumns, receiptsOf, toMessage } from '../database/rows/messages.js'
import { PAGE_SIZE } from '../protocol/schemas/paging.js'
import { sessionExpressions, storeRow, toSession, type SessionRow } from '../database/rows/sessions.js'
import type { Store } from '../protocol/schemas/accounts.js'
import { MessageSchema, type Message } from '../protocol/schemas/messages.js'
import { SessionWithStoreSchema } from '../protocol/schemas/sessions.js'

/** The `cursor` of a paged list. */
export const CursorSchema = Type.Optional(
  Type.String({ maxLength: 200, description: '`next_cursor` of the page before.' }),
)

export interface ListPage {
  limit?: number
  cursor?: string
}

export const SessionPageSchema = Type.Object({
  data: Type.Array(
    Type.Object({
      ...SessionWithStoreSchema.properties,
      last_message: Type.Union([MessageSchema, Type.Null()]),
    }),
  ),
  count: Type.Integer({ minimum: 0, description: 'Of all pages.' }),
  next_cursor: Type.Union([Type.String(), Type.Null()], { description: 'null on the last page.' }),
})
type SessionPage = Static<typeof SessionPageSchema>

/** What a list shows of a session. */
export interface ItemRow extends SessionRow {
  store: Store
  /** The newest message, if any, for `messageColumns.toRows`, and the receipts, for `receiptColumns.toRows`. */
  lastMessages: unknown[][]
  receipts: unknown[][]
}

interface ListRow extends ItemRow {
  /** The position of the list after this session: numbers, as text. */
  cursor: string
  /** Of all pages. */
  count: number
}

export const itemExpressions = {
  ...sessionExpressions,
  store: storeRow,
  lastMessages: 'last.messages',
  receipts: receiptsOf('s.id'),
}
const openColumns = defineColumns<ListRow>({ ...itemExpressions, cursor: 's.id::text', count: '0' })
const heldColumns = defineColumns<ListRow>({
  ...itemExpressions,
  cursor: `concat_ws('.', ${epochMs('s.moment')}, ${epochMs('s.place')}, s.id)`,
  count: 's.total',
})

/** SQL that joins what `itemExpressions` needs, where `s` is the alias of chat_session. */
export const joins = Prisma.raw(`
  join store st on st.id = s.store_id
  cross join lateral (
    select ${messageColumns.json} as messages
    from (select * from chat_message where session_id = s.id order by seq desc limit 1) m
  ) last`)

/**
 * Lists the sessions that nobody holds, longest waiting first. Waiting order is id order, so a cursor stays valid while
 * sessions come and go.
 * @throws RequestError 400 when the cursor is invalid
 */
export async function listOpenSessions(db: Database, { limit = PAGE_SIZE, cursor }: ListPage): Promise<SessionPage> {
  const [after = 0] = readCursor(cursor, 1)
  const rows = await openColumns.read(
    db,
    Prisma.sql`
    ${openColumns.select} from (
      select * from chat_session where status = 'open' and id > ${after} order by id limit ${limit + 1}
    ) s ${joins}`,
  )
  const [total] = await db.prisma.$queryRaw<{ count: bigint }[]>(Prisma.sql`
    select coalesce(sum(count), 0)::bigint as count from open_session_count`)
  const inOrder = rows.toSorted((one, other) => one.id - other.id)
  return toPage(inOrder, limit, Number(total?.count ?? 0))
}

/**
 * Lists the sessions that an admin holds, newest message first. The order changes while a client pages; the cursor
 * therefore contains the time of the first page, and later pages keep the order of that time.
 * @throws RequestError 400 when the cursor is none
 */
export async function listHeldSessions(
  db: Database,
  adminId: number,
  { limit = PAGE_SIZE, cursor }: ListPage,
): Promise<SessionPage> {
  const [moment = null, lastAt = null, lastId = null] = readCursor(cursor, 3)
  const rows = await heldColumns.read(
    db,
    Prisma.sql`
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
    ${heldColumns.select} from (
      select * from placed s
      where ${lastId}::bigint is null or (s.place, s.id) < (to_timestamp(${lastAt}::bigint / 1000.0), ${lastId}::bigint)
      order by s.place desc, s.id desc limit ${limit + 1}
    ) s ${joins}`,
  )
  if (rows[0] === undefined) {
    return toPage([], limit, await db.prisma.chatSession.count({ where: { adminId, status: 'claimed' } }))
  }
  const placeOf = ({ cursor }: ListRow) => Number(cursor.split('.')[1])
  const inOrder = rows.toSorted((one, other) => placeOf(other) - placeOf(one) || other.id - one.id)
  return toPage(inOrder, limit, rows[0].count)
}

/** Opaque to clients: numbers, as text, in base64url. */
export function readCursor(cursor: string | undefined, length: number): number[] {
  if (cursor === undefined) return []
  const parts = Buffer.from(cursor, 'base64url').toString().split('.')
  const isNumber = (part: string) => /^\d+$/.test(part) && Number.isSafeInteger(Number(part))
  if (parts.length === length && parts.every(isNumber)) return parts.map(Number)
  throw invalidInput([{ field: 'cursor', message: 'is not one of this list' }])
}

function toPage(rows: ListRow[], limit: number, count: number): SessionPage {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const next_cursor = rows.length > limit && last ? encodeCursor(last.cursor) : null
  return { data: page.map(toItem), count, next_cursor }
}

export const encodeCursor = (numbers: string): string => Buffer.from(numbers).toString('base64url')

export const toItem = (row: ItemRow): SessionPage['data'][number] => ({
  ...toSession(row),
  store: row.store,
  last_message: readLastMessage(row),
})

export function readLastMessage({ lastMessages, receipts }: ItemRow): Message | null {
  const [message] = messageColumns.toRows(lastMessages)
  return message === undefined ? null : toMessage(message, receiptColumns.toRows(receipts)[0])
}
