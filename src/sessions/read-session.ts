import type { Store } from '../accounts/accounts.js'
import type { Side } from '../accounts/authentication.js'
import { defineColumns } from '../database/columns.js'
import type { Statements } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import {
  findUndelivered,
  joinReceipts,
  messageColumns,
  receiptExpressions,
  toMessage,
  type Message,
  type Receipts,
} from '../messages/message.js'
import {
  NEWEST_MESSAGES,
  sessionExpressions,
  storeRow,
  toSession,
  type AdminSession,
  type Session,
  type SessionRow,
  type StoreSession,
} from './session.js'

/** A session as one side sees it, with its newest messages. */
export interface SessionView<View = StoreSession> {
  sessionId: number
  storeId: number
  adminId: number | null
  seq: number
  view: View
  /** The newest message in it that the viewing side had not received before. */
  undeliveredUpTo: number | null
}

interface ViewRow extends SessionRow, Receipts {
  seq: number
  store: Store
  /** For `messageColumns.toRows`, newest first. */
  messages: unknown[][]
}

const viewColumns = defineColumns<ViewRow>({
  ...sessionExpressions,
  ...receiptExpressions,
  seq: 's.seq',
  store: storeRow,
  messages: 'newest.messages',
})

const fromSessions = Prisma.raw(`
  from chat_session s
  join store st on st.id = s.store_id ${joinReceipts('s.id')}
  cross join lateral (
    select ${messageColumns.json} as messages
    from (select * from chat_message where session_id = s.id order by seq desc limit ${NEWEST_MESSAGES}) m
  ) newest`)

/** Reads the active sessions of stores, as those see them, by store id. A store without one is not in the answer. */
export async function readActiveSessions(db: Statements, storeIds: number[]): Promise<Map<number, SessionView>> {
  const rows = await viewColumns.read(
    db,
    Prisma.sql`
    ${viewColumns.select} ${fromSessions}
    where s.store_id = any(${storeIds}::bigint[]) and s.status <> 'closed'`,
  )
  return new Map(rows.map((row) => [row.store_id, toView(row, 'store', storeView(row))]))
}

/** Reads any session as an admin sees it; whether that admin may is for the caller to decide. */
export async function readSessionForAdmin(
  db: Statements,
  sessionId: number,
): Promise<SessionView<AdminSession> | undefined> {
  const [row] = await viewColumns.read(db, Prisma.sql`${viewColumns.select} ${fromSessions} where s.id = ${sessionId}`)
  return row && toView(row, 'admin', { store: row.store })
}

/** A store is shown itself only once the session is claimed. */
const storeView = ({ status, store }: ViewRow) => (status === 'open' ? {} : { store })

function toView<Shown>(
  row: ViewRow,
  viewer: Side,
  shown: Shown,
): SessionView<Session & Shown & { messages: Message[] }> {
  const rows = messageColumns.toRows(row.messages).reverse()
  const messages = rows.map((message) => toMessage(message, row, viewer))
  return {
    sessionId: row.id,
    storeId: row.store_id,
    adminId: row.admin_id,
    seq: row.seq,
    view: { ...toSession(row), ...shown, messages },
    undeliveredUpTo: findUndelivered(rows, row, viewer),
  }
}
