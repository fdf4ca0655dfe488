import { randomUUID } from 'node:crypto'
import { defineColumns } from '../database/columns.js'
import type { Database } from '../database/database.js'
import { epochMs } from '../database/sql.js'
import { Prisma } from '../generated/prisma/client.js'

/** How long a node owns a reminder or a mail that it has claimed. Longer than sending a mail may take. */
export const LEASE_MS = 30_000

/**
 * A session whose messages may be unread, with all that `planReminder` needs. Times are in milliseconds since the
 * epoch.
 */
export interface Reminder {
  sessionId: number
  storeId: number
  lease: string
  now: number
  /** The store's read watermark, which identifies the unread run. */
  readUpTo: number
  /** The newest message of an admin; 0 for none. */
  newestId: number
  /** The unread messages of admins: their number, the first and the last id, and when the first was sent. */
  count: number
  firstId: number | null
  lastId: number | null
  since: number | null
  /** When the first unread message was sent that no mail contains yet. */
  unmailedSince: number | null
  announcedRun: number | null
  mailedUpTo: number
  mailedAt: number | null
  /** Failed attempts to send the mail. */
  attempts: number
}

const reminderColumns = defineColumns<Reminder>({
  sessionId: 'r.session_id',
  storeId: 's.store_id',
  lease: 'claimed.lease',
  now: epochMs('now()'),
  readUpTo: 'place.read_up_to',
  newestId: `coalesce((select id from chat_message where session_id = s.id and sender_type = 'admin'
    order by seq desc limit 1), 0)`,
  count: 'unread.count',
  firstId: 'unread.first_id',
  lastId: 'unread.last_id',
  since: epochMs('unread.since'),
  unmailedSince: epochMs('unread.unmailed_since'),
  announcedRun: 'r.announced_run',
  mailedUpTo: 'r.mailed_up_to',
  mailedAt: epochMs('r.mailed_at'),
  attempts: 'r.attempts',
})

/** What may be due: a check of a session, or a mail about it. Each has its own lease. */
export type ReminderTable = 'unread_reminder' | 'unread_mail'

/** Claims sessions that are due, and reads their unread messages. */
export async function claimReminders(db: Database, table: ReminderTable, most: number): Promise<Reminder[]> {
  const lease = randomUUID()
  const name = Prisma.raw(table)
  const claimed = await db.prisma.$queryRaw<{ id: bigint }[]>(Prisma.sql`
    update ${name} set lease = ${lease}, due_at = now() + ${LEASE_MS} * interval '1 millisecond'
    where session_id = any(array(
      select session_id from ${name} where due_at <= now() order by due_at limit ${most}
      for update skip locked))
    returning session_id as id`)
  if (claimed.length === 0) return []
  return readReminders(db, { table, lease, ids: claimed.map(({ id }) => id) })
}

/**
 * Reads the claimed reminders. Messages are compared by `seq`, because the id of the read watermark may be that of any
 * message.
 */
async function readReminders(
  db: Database,
  { table, lease, ids }: { table: ReminderTable; lease: string; ids: bigint[] },
): Promise<Reminder[]> {
  return reminderColumns.read(
    db,
    Prisma.sql`
    ${reminderColumns.select}
    from ${Prisma.raw(table)} claimed
    join unread_reminder r on r.session_id = claimed.session_id
    join chat_session s on s.id = r.session_id
    left join chat_receipt receipt on receipt.session_id = s.id and receipt.side = 'store'
    cross join lateral (
      select coalesce(receipt.read_up_to, 0) as read_up_to,
        coalesce((select seq from chat_message where id = receipt.read_up_to), 0) as seq
    ) place
    cross join lateral (
      select count(*) as count, min(m.id) as first_id, max(m.id) as last_id, min(m.created) as since,
        min(m.created) filter (where m.id > r.mailed_up_to) as unmailed_since
      from chat_message m where m.session_id = s.id and m.seq > place.seq and m.sender_type = 'admin'
    ) unread
    where claimed.session_id = any(${ids}::bigint[]) and claimed.lease = ${lease} and claimed.due_at > now()`,
  )
}
