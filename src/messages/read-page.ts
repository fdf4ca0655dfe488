import { isReader } from '../accounts/session-access.js'
import { defineColumns } from '../database/columns.js'
import type { HistoryReader, Position } from '../database/replicas/history-reader.js'
import { joinReceipts, messageColumns, receiptExpressions, type Receipts } from '../database/rows/messages.js'
import { Prisma } from '../generated/prisma/client.js'
import type { Account } from '../protocol/account.js'
import type { ReceiptDeps } from '../receipts/record-receipts.js'

/** Which page of a session's messages: the newest, those before a message, or those after one. */
export interface Page {
  session_id?: number
  before?: number
  after?: number
  limit?: number
}

export interface HistoryDeps extends ReceiptDeps {
  history: HistoryReader
}

/** What decides who may read a page, and what it consists of. */
interface PageHead extends Receipts {
  sessionId: number
  storeId: number
  adminId: number | null
  /** The seqs of the cursors; null for a cursor that is no message of the session. */
  before: number | null
  after: number | null
}

export interface PageRow extends PageHead {
  /** For `messageColumns.toRows`, in the direction of paging. */
  messages: unknown[][]
}

const headExpressions = {
  ...receiptExpressions,
  sessionId: 's.id',
  storeId: 's.store_id',
  adminId: 's.admin_id',
  before: 'bounds.before',
  after: 'bounds.after',
}
const headColumns = defineColumns<PageHead & { position: Position }>({ ...headExpressions, position: 'told.position' })
const pageColumns = defineColumns<PageRow>({ ...headExpressions, messages: 'page.messages' })

/**
 * Reads a page with what decides who may read it. Only a page before a message may come from a replica: the newest messages
 * have to be those that a client has just sent or been told of.
 */
export async function readPage(
  deps: HistoryDeps,
  reader: Account,
  page: Page,
  most: number,
): Promise<PageRow | undefined> {
  if (page.before !== undefined && deps.history.hasReplicas) return readPastPage(deps, reader, page, most)
  const bounds = { before: Prisma.sql`bounds.before`, after: Prisma.sql`bounds.after` }
  const [row] = await pageColumns.read(
    deps.db,
    Prisma.sql`
    ${pageColumns.select} ${fromHead(page)}
    cross join lateral (
      select ${Prisma.raw(messageColumns.json)} as messages from (${selectMessages(page, bounds, most)}) m
    ) page
    where ${whichSession(reader, page)}`,
  )
  return row
}

async function readPastPage(
  { db, history }: HistoryDeps,
  reader: Account,
  page: Page,
  most: number,
): Promise<PageRow | undefined> {
  const [head] = await headColumns.read(
    db,
    Prisma.sql`
    ${headColumns.select} ${fromHead(page)}
    cross join lateral (select ${history.position} as position) told
    where ${whichSession(reader, page)}`,
  )
  if (head === undefined) return undefined
  // The caller refuses those.
  if (head.before === null || !isReader(reader, head)) return { ...head, messages: [] }
  const bounds = { before: Prisma.sql`${head.before}`, after: Prisma.sql`${head.after}::bigint` }
  const rows = Prisma.sql`
    select ${Prisma.raw(messageColumns.json)} as rows from (${selectMessages(page, bounds, most)}) m`
  return { ...head, messages: await history.read(head.sessionId, head.position, rows) }
}

const whichSession = (reader: Account, { session_id }: Page) =>
  session_id === undefined
    ? Prisma.sql`s.store_id = ${reader.id} and s.status <> 'closed'`
    : Prisma.sql`s.id = ${session_id}`

/** SQL of a PageHead's tables, for `chat_session s`. */
const fromHead = ({ before, after }: Page) => Prisma.sql`
  from chat_session s
  cross join lateral (select ${seqOf(before)} as before, ${seqOf(after)} as after) bounds ${Prisma.raw(joinReceipts('s.id'))}`

const seqOf = (id: number | undefined) =>
  id === undefined
    ? Prisma.sql`null::bigint`
    : Prisma.sql`(select seq from chat_message where id = ${id} and session_id = s.id)`

/** SQL of the messages of the session `s` between two seqs. */
const selectMessages = ({ after }: Page, bounds: { before: Prisma.Sql; after: Prisma.Sql }, most: number) => Prisma.sql`
  select * from chat_message
  where session_id = s.id and seq < coalesce(${bounds.before}, 9223372036854775807)
    and seq > coalesce(${bounds.after}, 0)
  order by seq ${after === undefined ? Prisma.raw('desc') : Prisma.raw('asc')} limit ${most}`
