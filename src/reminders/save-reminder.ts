import type { Database } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import type { Reminder } from './claim-reminders.js'

/** A node that has not been seen for 30 s is dead, and so are its sockets. */
const isOnline = Prisma.sql`exists (
  select from online o join chat_node n on n.id = o.node_id
  where o.side = 'store' and o.account_id = s.store_id and n.seen_at > now() - interval '30 seconds')`

/** Announces an unread run once, to the webhooks that exist. */
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

/** SQL of the newest message of an admin in a session; null for none. */
const newestOf = (sessionId: number) => Prisma.sql`(
  select id from chat_message where session_id = ${sessionId} and sender_type = 'admin' order by seq desc limit 1)`

/**
 * Completes the check of a reminder. It plans another one for a message that was committed meanwhile: `markUnread`
 * skipped the session because it was being checked, and the sweep may have passed the message already.
 */
export async function saveCheck(
  db: Database,
  { sessionId, lease, newestId }: Reminder,
  { mailInMs, nextCheckMs, afterMs }: { mailInMs: number | null; nextCheckMs: number | null; afterMs: number },
): Promise<void> {
  await db.prisma.$executeRaw(Prisma.sql`
    with checked as (
      update unread_reminder set
        lease = null,
        due_at = least(now() + ${nextCheckMs}::bigint * interval '1 millisecond',
          case when ${newestOf(sessionId)} > ${newestId} then now() + ${afterMs} * interval '1 millisecond' end),
        seen_up_to = greatest(seen_up_to, ${newestId})
      where session_id = ${sessionId} and lease = ${lease}
      returning session_id
    )
    insert into unread_mail (session_id, due_at)
    select session_id, now() + ${mailInMs}::bigint * interval '1 millisecond' from checked
    where ${mailInMs}::bigint is not null
    on conflict (session_id) do nothing`)
}
