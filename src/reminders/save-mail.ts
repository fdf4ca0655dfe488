import type { Database } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import { LEASE_MS, type Reminder } from './claim-reminders.js'

const toMoment = (ms: number | null) => (ms === null ? null : new Date(ms))

/**
 * Claims the right to send a mail, with a lease of its full length, and records the time before the mail is sent. If
 * the node dies in between, the next mail waits for its interval. Returns false when another node has the lease, or has
 * sent a mail.
 */
export async function beginMail(db: Database, { sessionId, lease, mailedAt }: Reminder): Promise<boolean> {
  const claimed = await db.prisma.$executeRaw(Prisma.sql`
    with held as (
      update unread_mail set due_at = now() + ${LEASE_MS} * interval '1 millisecond'
      where session_id = ${sessionId} and lease = ${lease} returning session_id
    )
    update unread_reminder r set mailed_at = now() from held
    where r.session_id = held.session_id and r.mailed_at is not distinct from ${toMoment(mailedAt)}::timestamptz`)
  return claimed > 0
}

/**
 * Completes a mail: no other mail contains its messages. The session is checked again, because new messages may have
 * arrived. A refused mail does not delay the next one.
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

/** Schedules another attempt of a failed mail. */
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

/** Postpones a mail that is not due yet. */
export async function postponeMail(db: Database, { sessionId, lease }: Reminder, delayMs: number): Promise<void> {
  await db.prisma.$executeRaw(Prisma.sql`
    update unread_mail set lease = null, due_at = now() + ${delayMs} * interval '1 millisecond'
    where session_id = ${sessionId} and lease = ${lease}`)
}

/** Removes a mail without unread messages. The session is checked again for messages that arrived meanwhile. */
export async function dropMail(db: Database, { sessionId, lease }: Reminder): Promise<void> {
  await db.prisma.$executeRaw(Prisma.sql`
    with dropped as (
      delete from unread_mail where session_id = ${sessionId} and lease = ${lease} returning session_id
    )
    update unread_reminder r set due_at = now() from dropped where r.session_id = dropped.session_id`)
}
