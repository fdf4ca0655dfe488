import { invalidInput, notFound } from '../errors/request-error.js'
import { defineColumns } from '../database/columns.js'
import { Prisma } from '../generated/prisma/client.js'
import { PAGE_SIZE } from '../protocol/schemas/paging.js'
import { isOnlooker, requireReader } from '../accounts/session-access.js'
import {
  findUndelivered,
  joinReceipts,
  messageColumns,
  receiptExpressions,
  toMessage,
  type Receipts,
} from '../database/rows/messages.js'
import { confirmDelivery, type ReceiptDeps } from '../receipts/record-receipts.js'
import type { Account } from '../protocol/account.js'
import type { Message } from '../protocol/schemas/messages.js'

/** Which page of a session's messages: the newest, those before a message, or those after one. */
export interface Page {
  session_id?: number
  before?: number
  after?: number
  limit?: number
}

interface PageRow extends Receipts {
  sessionId: number
  storeId: number
  adminId: number | null
  /** The seqs of the cursors; null for a cursor that is no message of the session. */
  before: number | null
  after: number | null
  /** For `messageColumns.toRows`, in the direction of paging. */
  messages: unknown[][]
}

const pageColumns = defineColumns<PageRow>({
  ...receiptExpressions,
  sessionId: 's.id',
  storeId: 's.store_id',
  adminId: 's.admin_id',
  before: 'bounds.before',
  after: 'bounds.after',
  messages: 'page.messages',
})

/**
 * Reads a page of a session's messages, oldest first. `has_more` refers to the direction of paging. Without `session_id`, a
 * store reads its active session.
 * @throws RequestError 400 unknown cursor · 403 another admin's · 404
 */
export async function readMessages(
  deps: ReceiptDeps,
  reader: Account,
  page: Page,
): Promise<{ data: Message[]; has_more: boolean }> {
  const { limit = PAGE_SIZE } = page
  const row = await readPage(deps, reader, page, limit + 1)
  if (row === undefined) throw notFound('Session not found')
  requireReader(reader, row)
  for (const cursor of ['before', 'after'] as const) {
    if (page[cursor] !== undefined && row[cursor] === null) {
      throw invalidInput([{ field: cursor, message: 'is not a message of this session' }])
    }
  }
  const found = messageColumns.toRows(row.messages)
  const messages = found.slice(0, limit)
  if (page.after === undefined) messages.reverse()
  const viewer = isOnlooker(reader, row) ? undefined : reader.side
  if (viewer) await confirmDelivery(deps, viewer, { ...row, undeliveredUpTo: findUndelivered(messages, row, viewer) })
  const data = messages.map((message) => toMessage(message, row, viewer))
  return { data, has_more: found.length > limit }
}

async function readPage({ db }: ReceiptDeps, reader: Account, page: Page, most: number): Promise<PageRow | undefined> {
  const { session_id, before, after } = page
  const which =
    session_id === undefined
      ? Prisma.sql`s.store_id = ${reader.id} and s.status <> 'closed'`
      : Prisma.sql`s.id = ${session_id}`
  const direction = after === undefined ? Prisma.raw('desc') : Prisma.raw('asc')
  const seqOf = (id: number | undefined) =>
    id === undefined
      ? Prisma.sql`null::bigint`
      : Prisma.sql`(select seq from chat_message where id = ${id} and session_id = s.id)`
  const [row] = await pageColumns.read(
    db,
    Prisma.sql`
    ${pageColumns.select}
    from chat_session s
    cross join lateral (select ${seqOf(before)} as before, ${seqOf(after)} as after) bounds ${Prisma.raw(joinReceipts('s.id'))}
    cross join lateral (
      select ${Prisma.raw(messageColumns.json)} as messages
      from (
        select * from chat_message
        where session_id = s.id and seq < coalesce(bounds.before, 9223372036854775807)
          and seq > coalesce(bounds.after, 0)
        order by seq ${direction} limit ${most}
      ) m
    ) page
    where ${which}`,
  )
  return row
}
