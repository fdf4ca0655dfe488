import { Type } from '@sinclair/typebox'
import { Prisma } from '../generated/prisma/client.js'
import { invalidInput } from '../errors/request-error.js'
import { messageColumns, receiptColumns, receiptsOf, toMessage } from '../database/rows/messages.js'
import { detailExpressions, joinDetails, toSessionForAdmins } from '../database/rows/session-details.js'
import { sessionExpressions, storeRow, type SessionRow } from '../database/rows/sessions.js'
import type { Store } from '../protocol/schemas/accounts.js'
import { ListedSessionSchema, type ListedSession, type SessionDetails } from '../protocol/schemas/desk.js'
import type { Message } from '../protocol/schemas/messages.js'

/** The `cursor` of a paged list. */
export const CursorSchema = Type.Optional(
  Type.String({ maxLength: 200, description: '`next_cursor` of the previous page.' }),
)

export const NextCursorSchema = Type.Union([Type.String(), Type.Null()], { description: 'null on the last page.' })

export interface ListPage {
  limit?: number
  cursor?: string
}

export const SessionPageSchema = Type.Object({
  data: Type.Array(ListedSessionSchema),
  count: Type.Integer({ minimum: 0, description: 'Of all pages.' }),
  capped: Type.Optional(Type.Literal(true, { description: 'Only when there may be more sessions than `count`.' })),
  next_cursor: NextCursorSchema,
})

/** What a list shows of a session. */
export interface ItemRow extends SessionRow {
  store: Store
  /** The newest message, if any, for `messageColumns.toRows`, and the receipts, for `receiptColumns.toRows`. */
  lastMessages: unknown[][]
  receipts: unknown[][]
}

export const itemExpressions = {
  ...sessionExpressions,
  store: storeRow,
  lastMessages: 'last.messages',
  receipts: receiptsOf('s.id'),
}

/** SQL that joins what `itemExpressions` needs, where `s` is the alias of chat_session. */
export const joins = Prisma.raw(`
  join store st on st.id = s.store_id
  cross join lateral (
    select ${messageColumns.json} as messages
    from (select * from chat_message where session_id = s.id order by seq desc limit 1) m
  ) last`)

/** The same for admins. */
export type AdminItemRow = ItemRow & SessionDetails
export const adminItemExpressions = { ...itemExpressions, ...detailExpressions }
export const adminJoins = Prisma.sql`${joins} ${Prisma.raw(joinDetails)}`

export const toListedSession = (row: AdminItemRow): ListedSession => ({
  ...toSessionForAdmins(row),
  store: row.store,
  last_message: readLastMessage(row),
})

export function readLastMessage({ lastMessages, receipts }: ItemRow): Message | null {
  const [message] = messageColumns.toRows(lastMessages)
  return message === undefined ? null : toMessage(message, receiptColumns.toRows(receipts)[0])
}

/** Opaque to clients: numbers, as text, in base64url. @throws RequestError 400 when it is none of this list */
export function readCursor(cursor: string | undefined, length: number): number[] {
  if (cursor === undefined) return []
  const parts = Buffer.from(cursor, 'base64url').toString().split('.')
  const isNumber = (part: string) => /^\d+$/.test(part) && Number.isSafeInteger(Number(part))
  if (parts.length === length && parts.every(isNumber)) return parts.map(Number)
  throw invalidInput([{ field: 'cursor', message: 'is not a cursor of this list' }])
}

/** `numbers` as text, separated by dots. */
export const encodeCursor = (numbers: string): string => Buffer.from(numbers).toString('base64url')
