import type { Database } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import { LEASE_MS, type Reminder } from './claim-reminders.js'

const toMoment = (ms: number | null) => (ms === null ? null : new Date(ms))

/**
 * Takes the right to send a mail before it is sent, with a lease of its whole length: should the node die in between, the
 * next mail waits its time. False when another node has it, or has sent one.
 */
export async function beginMail(db: Database, { sessionId, lease, mailedAt }: Reminder): Promise<boolean> {
  const begun = await db.prisma.$executeRaw(Prisma.sql`
    with held as (
      update unread_mail set due_at = now() + ${LEASE_MS} * interval '1 millisecond'
      where session_id = ${sessionId} and lease = ${lease} returning session_id
    )
    update unread_reminder r set mailed_at = now() from held
    where r.session_id = held.session_id and r.mailed_at is not distinct from ${toMoment(mailedAt)}::timestamptz`)
  return begun > 0
}

/**
 * Ends a mail: its messages are in no other one. The session is looked at again, as there may be further messages by now.
 * A mail that was refused does not count as the one before the next.
 */
export async function finishMail(
  db: Database,
  { sessionId, lease, lastId, mailedAt }: Reminder,
  outcome: 'sent' | 'refused',
): Promise<void> {
  await db.prisma.$executeRaw(Prisma.sql`
    with ended as (
      delete from unread_mail where session_id = ${sessionId} and lease = ${lease} returning session_id
    )
    update unread_reminder r set due_at = now(), attempts = 0,
      mailed_up_to = greatest(r.mailed_up_to, ${lastId}::bigint),
      mailed_at = case when ${outcome === 'sent'} then r.mailed_at else ${toMoment(mailedAt)}::timestamptz end
    from ended where r.session_id = ended.session_id`)
}

/** Lets a mail that failed be sent again after a pause. */
export async function postponeFailedMail(
  db: Database,
  { sessionId, lease, mailedAt }: Reminder,
  delayMs: number,
): Promise<void> {
  await db.prisma.$executeRaw(Prisma.sql`
    with kept as (
      update unread_mail set lease = null, due_at = now() + ${delayMs} * interval '1 millisecond'
      where session_id = ${sessionId} and lease = ${lease} returning session_id
    )
    update unread_reminder r set mailed_at = ${toMoment(mailedAt)}::timestamptz, attempts = r.attempts + 1
    from kept where r.session_id = kept.session_id`)
}

/** Puts off a mail whose time has not come. */
export async function postponeMail(db: Database, { sessionId, lease }: Reminder, delayMs: number): Promise<void> {
  await db.prisma.$executeRaw(Prisma.sql`
    update unread_mail set lease = null, due_at = now() + ${delayMs} * interval '1 millisecond'
    where session_id = ${sessionId} and lease = ${lease}`)
}

/** Drops a mail that has nothing to say. The session is looked at again, for what has come meanwhile. */
export async function dropMail(db: Database, { sessionId, lease }: Reminder): Promise<void> {
  await db.prisma.$executeRaw(Prisma.sql`
    with dropped as (
      delete from unread_mail where session_id = ${sessionId} and lease = ${lease} returning session_id
    )
    update unread_reminder r set due_at = now() from dropped where r.session_id = dropped.session_id`)
}
