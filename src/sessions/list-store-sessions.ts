import { Type, type Static } from '@sinclair/typebox'
import { defineColumns } from '../database/columns.js'
import type { Database } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import { toSession } from '../database/rows/sessions.js'
import { MessageSchema } from '../protocol/schemas/messages.js'
import { SessionSchema, SessionWithStoreSchema } from '../protocol/schemas/sessions.js'
import type { Account } from '../protocol/account.js'
import { PAGE_SIZE } from '../protocol/schemas/paging.js'
import {
  encodeCursor,
  itemExpressions,
  joins,
  readCursor,
  readLastMessage,
  toItem,
  type ItemRow,
  type ListPage,
} from './list-sessions.js'

const last_message = Type.Union([MessageSchema, Type.Null()])
const next_cursor = Type.Union([Type.String(), Type.Null()], { description: 'null on the last page.' })

/** A page of a store's sessions, as the store sees them. */
export const OwnSessionPageSchema = Type.Object({
  data: Type.Array(Type.Object({ ...SessionSchema.properties, last_message }), { description: 'Newest first.' }),
  next_cursor,
})
type OwnSessionPage = Static<typeof OwnSessionPageSchema>

/** A page of a store's sessions, as an admin sees them. */
export const StoreSessionPageSchema = Type.Object({
  data: Type.Array(Type.Object({ ...SessionWithStoreSchema.properties, last_message }), {
    description: 'Newest first.',
  }),
  next_cursor,
})
type StoreSessionPage = Static<typeof StoreSessionPageSchema>

const columns = defineColumns<ItemRow>(itemExpressions)

/**
 * All sessions of a store, closed ones too, newest first, for that store. A store has one active session at a time, so
 * the order of the ids is that of their beginnings, and a cursor stays valid while sessions begin and end.
 * @throws RequestError 400 when the cursor is none
 */
export async function listOwnSessions(db: Database, storeId: number, page: ListPage): Promise<OwnSessionPage> {
  const { rows, next_cursor } = await readPage(db, Prisma.sql`store_id = ${storeId}`, page)
  return { data: rows.map((row) => ({ ...toSession(row), last_message: readLastMessage(row) })), next_cursor }
}

/**
 * The sessions of a store that an admin may read, closed ones too, newest first: those that it holds or held last, and
 * those that nobody has held; a supervisor reads all. A store that does not exist has none.
 * @throws RequestError 400 when the cursor is none
 */
export async function listSessionsOfStore(
  db: Database,
  admin: Pick<Account, 'id' | 'role'>,
  { store_id, ...page }: ListPage & { store_id: number },
): Promise<StoreSessionPage> {
  const mayRead =
    admin.role === 'supervisor' ? Prisma.sql`true` : Prisma.sql`(admin_id is null or admin_id = ${admin.id})`
  const { rows, next_cursor } = await readPage(db, Prisma.sql`store_id = ${store_id} and ${mayRead}`, page)
  return { data: rows.map(toItem), next_cursor }
}

/** `which`: a condition on chat_session that names one store, which the index chat_session_store answers. */
async function readPage(db: Database, which: Prisma.Sql, { limit = PAGE_SIZE, cursor }: ListPage) {
  const [before = Number.MAX_SAFE_INTEGER] = readCursor(cursor, 1)
  const found = await columns.read(
    db,
    Prisma.sql`
    ${columns.select} from (
      select * from chat_session where ${which} and id < ${before} order by id desc limit ${limit + 1}
    ) s ${joins}`,
  )
  const rows = found.toSorted((one, other) => other.id - one.id).slice(0, limit)
  const last = rows.at(-1)
  return { rows, next_cursor: found.length > limit && last ? encodeCursor(String(last.id)) : null }
}
