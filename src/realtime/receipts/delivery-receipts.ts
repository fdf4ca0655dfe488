import { defineColumns } from '../../database/columns.js'
import type { Database } from '../../database/database.js'
import { Prisma } from '../../generated/prisma/client.js'
import { publishReceipt } from '../../events/publish.js'
import type { Publisher } from '../../events/publisher.js'
import type { Side } from '../../protocol/account.js'

const FLUSH_MS = 200

interface DeliveredRow {
  sessionId: number
  storeId: number
  holderId: number | null
  side: Side
  upTo: number
}

const deliveredColumns = defineColumns<DeliveredRow>({
  sessionId: 'delivered.session_id',
  storeId: 's.store_id',
  holderId: 's.admin_id',
  side: 'delivered.side',
  upTo: 'delivered.delivered_up_to',
})

/** Records messages as delivered once they were written to a socket of the other side. */
export interface DeliveryReceipts {
  /** A message was written to a socket of a side. The receipt is stored and published within a few hundred milliseconds. */
  note(sessionId: number, side: Side, messageId: number): void
  /**
   * Drops the receipts of a session's side that are not stored yet: the database was set back, and its messages are gone. The
   * other side is reset at another time, and keeps what it was sent since.
   */
  forget(sessionId: number, side: Side): void
  /** Stores the receipts that wait. */
  close(): Promise<void>
}

/**
 * Collects delivery receipts and stores those of all sessions by one statement, five times a second. Receipts that cannot be
 * stored stay collected, so that the next statement stores them.
 */
export function createDeliveryReceipts(
  db: Database,
  publisher: Publisher,
  onError: (error: unknown) => void,
): DeliveryReceipts {
  type Receipts = Map<string, { session_id: number; side: Side; up_to: number }>
  let waiting: Receipts = new Map()
  let written: Receipts = new Map()
  let flushing = Promise.resolve()
  const timer = setInterval(() => {
    if (waiting.size > 0) flushing = flush()
  }, FLUSH_MS)

  async function flush(): Promise<void> {
    await flushing
    written = waiting
    waiting = new Map()
    if (written.size === 0) return
    try {
      for (const row of await storeReceipts(db, [...written.values()])) publishDelivered(publisher, row)
    } catch (error) {
      for (const { session_id, side, up_to } of written.values()) note(session_id, side, up_to)
      onError(error)
    }
    written = new Map()
  }

  function note(sessionId: number, side: Side, messageId: number): void {
    const key = `${side}:${sessionId}`
    const receipt = waiting.get(key)
    if (receipt === undefined) waiting.set(key, { session_id: sessionId, side, up_to: messageId })
    else if (receipt.up_to < messageId) receipt.up_to = messageId
  }

  return {
    note,
    forget(sessionId: number, side: Side): void {
      waiting.delete(`${side}:${sessionId}`)
      // Those that are being stored would be collected again if that fails.
      written.delete(`${side}:${sessionId}`)
    },
    async close(): Promise<void> {
      clearInterval(timer)
      await flush()
    },
  }
}

/** A session may be gone when the database was set back. Its receipt is dropped: it would make the statement fail for ever. */
async function storeReceipts(db: Database, receipts: object[]): Promise<DeliveredRow[]> {
  return deliveredColumns.read(
    db,
    Prisma.sql`
    with delivered as (
      insert into chat_receipt as r (session_id, side, delivered_up_to)
      select session_id, side, up_to
      from json_to_recordset(${JSON.stringify(receipts)}::json) as receipt(session_id bigint, side side, up_to bigint)
      where exists (select from chat_message m where m.id = receipt.up_to and m.session_id = receipt.session_id)
      order by session_id, side
      on conflict (session_id, side) do update set delivered_up_to = excluded.delivered_up_to
        where r.delivered_up_to < excluded.delivered_up_to
      returning session_id, side, delivered_up_to
    )
    ${deliveredColumns.select} from delivered join chat_session s on s.id = delivered.session_id`,
  )
}

function publishDelivered(publisher: Publisher, { sessionId, storeId, holderId, side, upTo }: DeliveredRow): void {
  publishReceipt(publisher, { sessionId, storeId, holderId, status: 'delivered', upToMessageId: upTo, by: side })
}
