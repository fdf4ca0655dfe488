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

/** SQL of the newest message of an admin in a session; null for none. */
const newestOf = (sessionId: number) => Prisma.sql`(
  select id from chat_message where session_id = ${sessionId} and sender_type = 'admin' order by seq desc limit 1)`

/**
 * Ends a look at a reminder. A message that was committed meanwhile is looked at in time, too: whoever noted it has found the
 * reminder under way, and the sweep may have passed it.
 */
export async function saveLook(
  db: Database,
  { sessionId, lease, newestId }: Reminder,
  { mailInMs, nextLookMs, afterMs }: { mailInMs: number | null; nextLookMs: number | null; afterMs: number },
): Promise<void> {
  await db.prisma.$executeRaw(Prisma.sql`
    with looked as (
      update unread_reminder set
        lease = null,
        due_at = least(now() + ${nextLookMs}::bigint * interval '1 millisecond',
          case when ${newestOf(sessionId)} > ${newestId} then now() + ${afterMs} * interval '1 millisecond' end),
        seen_up_to = greatest(seen_up_to, ${newestId})
      where session_id = ${sessionId} and lease = ${lease}
      returning session_id
    )
    insert into unread_mail (session_id, due_at)
    select session_id, now() + ${mailInMs}::bigint * interval '1 millisecond' from looked
    where ${mailInMs}::bigint is not null
    on conflict (session_id) do nothing`)
}
