import type { Credentials } from '../accounts/credentials.js'
import { requireReader, type SessionOwners } from '../accounts/session-access.js'
import { defineColumns } from '../database/columns.js'
import type { Database } from '../database/database.js'
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

/** What a transcript says of its session. */
export interface TranscriptHead {
  session: Session
  store: Pick<Store, 'id' | 'name'>
}

export interface TranscriptMessage extends Message {
  sender_name: string
}

/** A transcript that is read page by page, up to the message that was the newest one at its beginning. */
export interface Transcript extends TranscriptHead {
  pages(): AsyncGenerator<TranscriptMessage[]>
}

interface HeadRow extends SessionRow, Receipts {
  store: Store
  storeId: number
  adminId: number | null
  seq: number
}
const headColumns = defineColumns<HeadRow>({
  ...sessionExpressions,
  ...receiptExpressions,
  store: storeRow,
  storeId: 's.store_id',
  adminId: 's.admin_id',
  seq: 's.seq',
})

type PageRow = MessageRow & { seq: number; admin_name: string | null }
const pageColumns = defineColumns<PageRow>({ ...messageExpressions, seq: 'm.seq', admin_name: 'a.name' })

const MESSAGES_OF_A_PAGE = 100
/** A message more than this is read: at most 40 kB. What a page holds is in memory, and JSON may escape it sixfold. */
const BYTES_OF_A_PAGE = 262_144
/** Stores are not told the names of admins. */
const ADMIN_NAME = 'Admin'

const ownerColumns = defineColumns<SessionOwners>({ storeId: 's.store_id', adminId: 's.admin_id' })

interface TranscriptDeps {
  db: Database
  /** The account as it is now; undefined when what it came with has ended. */
  checkAccount: Credentials['check']
}

/**
 * Opens the transcript of a session for somebody who may read it. It holds the messages and nothing else, and nothing is
 * delivered or read by it. Each page is read only if the reader still may; otherwise `pages` throws.
 * @throws RequestError 403 another admin's · 404
 */
export async function openTranscript(
  { db, checkAccount }: TranscriptDeps,
  reader: Account,
  sessionId: number,
): Promise<Transcript> {
  const [found] = await headColumns.read(
    db,
    Prisma.sql`
    ${headColumns.select} from chat_session s join store st on st.id = s.store_id ${Prisma.raw(joinReceipts('s.id'))}
    where s.id = ${sessionId}`,
  )
  const head = requireReader(reader, found)
  const { id, name } = head.store
  const nameSender = ({ sender_type, admin_name }: PageRow) =>
    sender_type === 'store' ? name : reader.side === 'admin' && admin_name !== null ? admin_name : ADMIN_NAME

  /** The session may have got another holder, and the account may have been switched off. */
  async function requireAccess(): Promise<void> {
    const [owners] = await ownerColumns.read(
      db,
      Prisma.sql`${ownerColumns.select} from chat_session s where s.id = ${sessionId}`,
    )
    const account = await checkAccount(reader)
    if (account === undefined) throw unauthorized()
    requireReader(account, owners)
  }

  async function* pages() {
    for (let after = 0; after < head.seq;) {
      if (after > 0) await requireAccess()
      const rows = await readPage(db, sessionId, after, head.seq)
      if (rows.length === 0) return
      after = Math.max(...rows.map(({ seq }) => seq))
      yield rows.map((row) => ({ ...toMessage(row, head), sender_name: nameSender(row) }))
    }
  }
  return { session: toSession(head), store: { id, name }, pages }
}

async function readPage(db: Database, sessionId: number, after: number, upTo: number): Promise<PageRow[]> {
  const rows = await pageColumns.read(
    db,
    Prisma.sql`
    ${pageColumns.select} from (
      select *, sum(octet_length(content)) over (order by seq) - octet_length(content) as bytes_before from (
        select * from chat_message where session_id = ${sessionId} and seq > ${after} and seq <= ${upTo}
        order by seq limit ${MESSAGES_OF_A_PAGE}
      ) following
    ) m left join admin a on m.sender_type = 'admin' and a.id = m.sender_id
    where m.bytes_before < ${BYTES_OF_A_PAGE}`,
  )
  return rows.toSorted((one, other) => one.seq - other.seq)
}
