import { defineColumns } from '../../database/columns.js'
import type { Database } from '../../database/database.js'
import { Prisma } from '../../generated/prisma/client.js'
import { publishReceipt } from '../../events/publish.js'
import type { PubSub } from '../../pubsub/pubsub.js'
import type { Side } from '../../protocol/account.js'

const FLUSH_MS = 200

interface MarkRow {
  sessionId: number
  storeId: number
  holderId: number | null
  side: Side
  upTo: number
}

const markColumns = defineColumns<MarkRow>({
  sessionId: 'marked.session_id',
  storeId: 's.store_id',
  holderId: 's.admin_id',
  side: 'marked.side',
  upTo: 'marked.delivered_up_to',
})

/**
 * Collects what was written to sockets, and notes it as delivered a few times a second, in one statement for all sessions.
 * What cannot be noted is tried again: it stays collected.
 */
export function createDeliveryReceipts(db: Database, pubsub: PubSub, onError: (error: unknown) => void) {
  let deliveryReceipts = new Map<string, { session_id: number; side: Side; up_to: number }>()
  let flushing = Promise.resolve()
  const timer = setInterval(() => {
    if (deliveryReceipts.size > 0) flushing = flush()
  }, FLUSH_MS)

  async function flush(): Promise<void> {
    await flushing
    const written = deliveryReceipts
    deliveryReceipts = new Map()
    if (written.size === 0) return
    try {
      for (const row of await writeMarks(db, [...written.values()])) announceDelivered(pubsub, row)
    } catch (error) {
      for (const { session_id, side, up_to } of written.values()) note(session_id, side, up_to)
      onError(error)
    }
  }

  function note(sessionId: number, side: Side, messageId: number): void {
    const key = `${side}:${sessionId}`
    const mark = deliveryReceipts.get(key)
    if (mark === undefined) deliveryReceipts.set(key, { session_id: sessionId, side, up_to: messageId })
    else if (mark.up_to < messageId) mark.up_to = messageId
  }

  return {
    /** A message was written to a socket of a side. */
    note,
    /** Drops what is not yet noted of a session: its messages are gone. */
    forget(sessionId: number): void {
      for (const side of ['store', 'admin']) deliveryReceipts.delete(`${side}:${sessionId}`)
    },
    async close(): Promise<void> {
      clearInterval(timer)
      await flush()
    },
  }
}

export type DeliveryReceipts = ReturnType<typeof createDeliveryReceipts>

/** A session may be gone: the database is at an earlier state. Its mark is dropped, as it would make all others fail for ever. */
async function writeMarks(db: Database, deliveryReceipts: object[]): Promise<MarkRow[]> {
  return markColumns.read(
    db,
    Prisma.sql`
    with marked as (
      insert into chat_receipt as r (session_id, side, delivered_up_to)
      select session_id, side, up_to
      from json_to_recordset(${JSON.stringify(deliveryReceipts)}::json) as mark(session_id bigint, side side, up_to bigint)
      where exists (select from chat_message m where m.id = mark.up_to and m.session_id = mark.session_id)
      order by session_id, side
      on conflict (session_id, side) do update set delivered_up_to = excluded.delivered_up_to
        where r.delivered_up_to < excluded.delivered_up_to
      returning session_id, side, delivered_up_to
    )
    ${markColumns.select} from marked join chat_session s on s.id = marked.session_id`,
  )
}

function announceDelivered(pubsub: PubSub, { sessionId, storeId, holderId, side, upTo }: MarkRow): void {
  publishReceipt(pubsub, { sessionId, storeId, holderId, status: 'delivered', upToMessageId: upTo, by: side })
}
