import type { Database } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import type { Reminder } from './claim-reminders.js'

/** After as long without a sign of life a node is dead, and so are its sockets. */
const isOnline = Prisma.sql`exists (
  select from online o join chat_node n on n.id = o.node_id
  where o.side = 'store' and o.account_id = s.store_id and n.seen_at > now() - interval '30 seconds')`

/** Announces an unread run, once, to the webhooks there are. */
export async function announceUnread(db: Database, { sessionId, lease, ...unread }: Reminder): Promise<void> {
  const { readUpTo, firstId, lastId, count } = unread
  await db.prisma.$executeRaw(Prisma.sql`
    with announced as (
      update unread_reminder set announced_run = ${readUpTo} where session_id = ${sessionId} and lease = ${lease}
      returning session_id
    )
    insert into unread_event (session_id, first_message_id, last_message_id, message_count, store_online)
    select s.id, ${firstId}, ${lastId}, ${count}, ${isOnline}
    from announced join chat_session s on s.id = announced.session_id
    where exists (select from webhook where deleted_at is null)`)
}

/**
 * Takes the right to send a mail before it is sent: should the node die in between, the next one waits its time. False when
 * another node has the reminder.
 */
export async function beginMail(db: Database, { sessionId, lease }: Reminder): Promise<boolean> {
  const changed = await db.prisma.$executeRaw(Prisma.sql`
    update unread_reminder set mailed_at = now() where session_id = ${sessionId} and lease = ${lease}`)
  return changed > 0
}

/** What came of a mail. `failed`: it is sent later; `refused`: its messages are not sent again. */
export type MailOutcome = 'none' | 'sent' | 'failed' | 'refused'

/** Ends a look at a reminder. */
export async function saveReminder(
  db: Database,
  { sessionId, lease, newestId, lastId, mailedUpTo, mailedAt, attempts }: Reminder,
  { mail, nextLookMs }: { mail: MailOutcome; nextLookMs: number | null },
): Promise<void> {
  const isSettled = mail === 'sent' || mail === 'refused'
  const before = mailedAt === null ? null : new Date(mailedAt)
  const restoreMailedAt = mail === 'failed' || mail === 'refused'
  await db.prisma.$executeRaw(Prisma.sql`
    update unread_reminder set
      lease = null,
      due_at = now() + ${nextLookMs}::bigint * interval '1 millisecond',
      seen_up_to = greatest(seen_up_to, ${newestId}),
      mailed_up_to = ${isSettled ? (lastId ?? mailedUpTo) : mailedUpTo},
      mailed_at = case when ${restoreMailedAt} then ${before}::timestamptz else mailed_at end,
      attempts = ${mail === 'failed' ? attempts + 1 : 0}
    where session_id = ${sessionId} and lease = ${lease}`)
}
