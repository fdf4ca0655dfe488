import { rawOf, type Database, type Statements } from '../database/database.js'
import type { Publisher } from '../events/publisher.js'
import { idOrNull } from '../database/sql.js'
import { Prisma } from '../generated/prisma/client.js'
import { advanceWatermark } from '../notifications/read-notifications.js'
import { publishReceipt, publishSessionRead, publishUnread } from '../events/publish.js'
import { requireReader, type SessionOwners } from '../accounts/session-access.js'
import type { Account, Side } from '../protocol/account.js'

/** What recording receipts needs. */
export interface ReceiptDeps {
  db: Database
  publisher: Publisher
}

/** A session whose messages a side has just fetched. */
export interface FetchedMessages extends SessionOwners {
  sessionId: number
  /** The newest message that the side had not received before; null when there was none. */
  undeliveredUpTo: number | null
}

/** Records fetched messages as delivered and publishes the receipt. Writes nothing when nothing was new. */
export async function confirmDelivery(
  { db, publisher }: ReceiptDeps,
  side: Side,
  fetched: FetchedMessages,
): Promise<void> {
  const { sessionId, storeId, adminId, undeliveredUpTo } = fetched
  if (undeliveredUpTo === null) return
  if (await writeDelivered(db, sessionId, side, undeliveredUpTo)) {
    const upToMessageId = undeliveredUpTo
    publishReceipt(publisher, { sessionId, storeId, holderId: adminId, status: 'delivered', upToMessageId, by: side })
  }
}

/** Returns false when the watermark was there already; it never goes back. */
async function writeDelivered(db: Statements, sessionId: number, side: Side, upTo: number): Promise<boolean> {
  const changed = await rawOf(db).$executeRaw(Prisma.sql`
    insert into chat_receipt as r (session_id, side, delivered_up_to) values (${sessionId}, ${side}::side, ${upTo})
    on conflict (session_id, side) do update set delivered_up_to = excluded.delivered_up_to
      where r.delivered_up_to < excluded.delivered_up_to`)
  return changed > 0
}

interface ReadRow {
  storeId: bigint
  adminId: bigint | null
  /** The newest message, if the side had not read it before. */
  readUpTo: bigint | null
  /** The newest message, if the admin had not read its notification before. */
  noticesReadUpTo: bigint | null
}

/**
 * Marks all messages of a session as read by a side, by one row however many there are; for an admin its notifications of
 * that session, too. Publishes it to the other side, and to the reader's own sockets except the one named `readBy`. Closed
 * sessions are no exception. Of a supervisor who is no party of the session, only its notifications are marked. Repeating it
 * writes and publishes nothing.
 * @throws RequestError 403 another admin's · 404
 */
export async function markRead(
  { db, publisher }: ReceiptDeps,
  reader: Account,
  sessionId: number,
  readBy?: string,
): Promise<void> {
  const { side, id, role } = reader
  const isParty = side === 'store' ? Prisma.sql`store_id = ${id}` : Prisma.sql`(admin_id is null or admin_id = ${id})`
  const mayRead = role === 'supervisor' ? Prisma.sql`true` : isParty
  const readNotifications =
    side === 'store'
      ? Prisma.empty
      : Prisma.sql`, notifications as (
          insert into notification_session_mark as n (admin_id, session_id, read_up_to)
          select ${id}, session_id, message_id from newest
          on conflict (admin_id, session_id) do update set read_up_to = excluded.read_up_to
            where n.read_up_to < excluded.read_up_to
          returning read_up_to
        )`
  const noticesReadUpTo =
    side === 'store' ? Prisma.sql`null::bigint` : Prisma.sql`(select read_up_to from notifications)`
  const [row] = await db.prisma.$queryRaw<ReadRow[]>(Prisma.sql`
    with newest as (
      select s.id as session_id, m.id as message_id, ${isParty} as is_party from chat_session s
      cross join lateral (select id from chat_message where session_id = s.id order by seq desc limit 1) m
      where s.id = ${sessionId} and ${mayRead}
    ), receipt as (
      insert into chat_receipt as r (session_id, side, delivered_up_to, read_up_to)
      select session_id, ${side}::side, message_id, message_id from newest where is_party
      on conflict (session_id, side) do update set read_up_to = excluded.read_up_to,
          delivered_up_to = greatest(r.delivered_up_to, excluded.delivered_up_to)
        where r.read_up_to < excluded.read_up_to
      returning read_up_to
    )${readNotifications}
    select s.store_id as "storeId", s.admin_id as "adminId", receipt.read_up_to as "readUpTo",
      ${noticesReadUpTo} as "noticesReadUpTo"
    from chat_session s left join receipt on true where s.id = ${sessionId}`)
  const owners = row && { storeId: Number(row.storeId), adminId: idOrNull(row.adminId) }
  const { storeId, adminId } = requireReader(reader, owners)
  if (side === 'admin') {
    publishUnread(publisher, id)
    await advanceWatermark(db, id)
  }
  const newlyReadUpTo = row?.readUpTo ?? row?.noticesReadUpTo
  if (newlyReadUpTo != null) {
    publishSessionRead(publisher, { side, accountId: id, sessionId, upToMessageId: Number(newlyReadUpTo), readBy })
  }
  if (row?.readUpTo == null) return
  const upToMessageId = Number(row.readUpTo)
  publishReceipt(publisher, { sessionId, storeId, holderId: adminId, status: 'read', upToMessageId, by: side })
}
