import type { Credentials } from '../accounts/credentials.js'
import { requireReader, type SessionOwners } from '../accounts/session-access.js'
import { defineColumns } from '../database/columns.js'
import type { Database } from '../database/database.js'
import type { HistoryReader, Position } from '../database/replicas/history-reader.js'
import {
  joinReceipts,
  messageExpressions,
  receiptExpressions,
  toMessage,
  type MessageRow,
  type Receipts,
} from '../database/rows/messages.js'
import { sessionExpressions, storeRow, toSession, type SessionRow } from '../database/rows/sessions.js'
import { unauthorized } from '../errors/request-error.js'
import { Prisma } from '../generated/prisma/client.js'
import type { Account } from '../protocol/account.js'
import type { Store } from '../protocol/schemas/accounts.js'
import type { Message } from '../protocol/schemas/messages.js'
import type { Session } from '../protocol/schemas/sessions.js'

/** The session of a transcript, with its store. */
export interface TranscriptHead {
  session: Session
  store: Pick<Store, 'id' | 'name'>
}

export interface TranscriptMessage extends Message {
  sender_name: string
}

/** A transcript that is read page by page, up to the message that was the newest when it was opened. */
export interface Transcript extends TranscriptHead {
  pages(): AsyncGenerator<TranscriptMessage[]>
}

interface HeadRow extends SessionRow, Receipts {
  store: Store
  storeId: number
  adminId: number | null
  seq: number
  position: Position
}
const headColumns = defineColumns<HeadRow>({
  ...sessionExpressions,
  ...receiptExpressions,
  store: storeRow,
  storeId: 's.store_id',
  adminId: 's.admin_id',
  seq: 's.seq',
  position: 'replay.position',
})

type PageRow = MessageRow & { seq: number; admin_name: string | null }
const pageColumns = defineColumns<PageRow>({ ...messageExpressions, seq: 'm.seq', admin_name: 'a.name' })

const MAX_PAGE_MESSAGES = 100
/**
 * A page ends with the message that exceeds this, so one message more is read: at most 40 kB. A page is held in memory,
 * and JSON may escape it to six times the size.
 */
const MAX_PAGE_BYTES = 262_144
/** The name that stores see of every admin. */
const ADMIN_NAME = 'Admin'

const accessColumns = defineColumns<SessionOwners & { position: Position }>({
  storeId: 's.store_id',
  adminId: 's.admin_id',
  position: 'replay.position',
})

interface TranscriptDeps {
  db: Database
  history: HistoryReader
  /** Checks the account as it is now; undefined when its credentials have ended. */
  checkAccount: Credentials['check']
}

/**
 * Opens the transcript of a session for an account that may read it. It contains only messages. Reading it marks
 * nothing as delivered or read. Each page is read only if the reader may still read the session; otherwise `pages`
 * throws.
 * @throws RequestError 403 another admin's session · 404
 */
export async function openTranscript(
  { db, history, checkAccount }: TranscriptDeps,
  reader: Account,
  sessionId: number,
): Promise<Transcript> {
  const joinPosition = Prisma.sql`cross join lateral (select ${history.position} as position) replay`
  const [found] = await headColumns.read(
    db,
    Prisma.sql`
    ${headColumns.select} from chat_session s join store st on st.id = s.store_id ${Prisma.raw(joinReceipts('s.id'))}
    ${joinPosition} where s.id = ${sessionId}`,
  )
  const head = requireReader(reader, found)
  const { id, name } = head.store
  const nameSender = ({ sender_type, admin_name }: PageRow) =>
    sender_type === 'store' ? name : reader.side === 'admin' && admin_name !== null ? admin_name : ADMIN_NAME

  /** Checks again before each page: the session may have another holder now, and the account may be switched off. */
  async function requireAccess(): Promise<Position> {
    const [owners] = await accessColumns.read(
      db,
      Prisma.sql`${accessColumns.select} from chat_session s ${joinPosition} where s.id = ${sessionId}`,
    )
    const account = await checkAccount(reader)
    if (account === undefined) throw unauthorized()
    return requireReader(account, owners).position
  }

  async function* pages() {
    for (let after = 0; after < head.seq;) {
      const position = after > 0 ? await requireAccess() : head.position
      const rows = pageColumns.toRows(await history.read(sessionId, position, selectPage(after, head.seq)))
      if (rows.length === 0) return
      rows.sort((one, other) => one.seq - other.seq)
      after = rows.at(-1)?.seq ?? head.seq
      yield rows.map((row) => ({ ...toMessage(row, head), sender_name: nameSender(row) }))
    }
  }
  return { session: toSession(head), store: { id, name }, pages }
}

/** SQL of the messages of the session `s` after a seq, as many as one page contains. */
const selectPage = (after: number, upTo: number) => Prisma.sql`
  select ${Prisma.raw(pageColumns.json)} as rows from (
    select *, sum(octet_length(content)) over (order by seq) - octet_length(content) as bytes_before from (
      select * from chat_message where session_id = s.id and seq > ${after} and seq <= ${upTo}
      order by seq limit ${MAX_PAGE_MESSAGES}
    ) following
  ) m left join admin a on m.sender_type = 'admin' and a.id = m.sender_id
  where m.bytes_before < ${MAX_PAGE_BYTES}`
