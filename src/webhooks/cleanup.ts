import type { Database } from '../database/database.js'
import { walkPieces } from '../event-log/walk-pieces.js'
import { Prisma } from '../generated/prisma/client.js'

/** How long the log keeps delivered events. Failed ones stay until they are replayed. */
const LOG_DAYS = 7
/** How long the positions of webhooks in a closed session are kept. */
const ENDED_HOURS = 24
const ROWS_PER_PIECE = 1000

/**
 * Creates a function that deletes a bounded number of rows that are no longer needed. It resolves to whether there may be more
 * to delete at once.
 */
export function createCleanup(db: Database): () => Promise<boolean> {
  const walks = [
    walkPieces({ webhookId: 0, sessionId: 0 }, (after) => cleanSessions(db, after)),
    walkPieces(0, (after) => cleanUnreadEvents(db, after)),
  ]
  return async () => {
    let isMore = await deleteLeftovers(db)
    for (const walk of walks) isMore = (await walk()) || isMore
    return isMore
  }
}

/** Deletes old rows of the log and rows of deleted webhooks. Returns whether there may be more. */
async function deleteLeftovers(db: Database): Promise<boolean> {
  const old = await db.prisma.$executeRaw(Prisma.sql`
    delete from webhook_delivery where id = any(array(
      select id from webhook_delivery where status = 'delivered' and updated < now() - ${LOG_DAYS} * interval '1 day'
      order by updated limit ${ROWS_PER_PIECE}))`)
  const ofDeleted = await db.prisma.$executeRaw(Prisma.sql`
    delete from webhook_delivery where id = any(array(
      select d.id from webhook w join webhook_delivery d on d.webhook_id = w.id
      where w.deleted_at is not null limit ${ROWS_PER_PIECE}))`)
  const sessions = await db.prisma.$executeRaw(Prisma.sql`
    delete from webhook_session where (webhook_id, session_id) in (
      select ws.webhook_id, ws.session_id from webhook w join webhook_session ws on ws.webhook_id = w.id
      where w.deleted_at is not null limit ${ROWS_PER_PIECE})`)
  if (ofDeleted + sessions === 0) {
    await db.prisma.$executeRaw(Prisma.sql`
      delete from webhook where deleted_at < now() - interval '1 minute'`)
  }
  return Math.max(old, ofDeleted, sessions) === ROWS_PER_PIECE
}

/** The key of a webhook's position in a session, in the order of the primary key. */
export interface SessionPlace {
  webhookId: number
  sessionId: number
}

/**
 * Deletes positions in sessions that were closed a day ago and are delivered completely, and in deleted sessions. A position
 * stays while a sweep may still read an event of its session: the webhook would seem to meet the session for the first time,
 * and the session would be delivered from its beginning.
 */
export async function cleanSessions(db: Database, after: SessionPlace): Promise<SessionPlace | undefined> {
  const [last] = await db.prisma.$queryRaw<{ webhookId: bigint; sessionId: bigint; count: bigint }[]>(Prisma.sql`
    with piece as materialized (
      select * from webhook_session where (webhook_id, session_id) > (${after.webhookId}, ${after.sessionId})
      order by webhook_id, session_id limit ${ROWS_PER_PIECE}
    ), ended as materialized (
      select p.webhook_id, p.session_id from piece p
      cross join (select * from event_cursor where consumer = 'webhooks') swept
      left join lateral (select * from chat_session where id = p.session_id offset 0) s on true
      where p.due_at is null and p.lease is null and p.failed_at is null
        and (s.id is null or (s.status = 'closed' and s.closed_at < now() - ${ENDED_HOURS} * interval '1 hour'
          and p.seq >= s.seq
          and swept.message_id >= coalesce(
            (select id from chat_message where session_id = s.id order by seq desc limit 1), 0)
          and swept.change_id >= coalesce(
            (select id from chat_session_change where session_id = s.id order by seq desc limit 1), 0)
          and least(swept.unread_id, p.unread_id) >= coalesce(
            (select id from unread_event where session_id = s.id order by id desc limit 1), 0)))
    ), removed as (
      delete from webhook_session ws using ended e
      where ws.webhook_id = e.webhook_id and ws.session_id = e.session_id and ws.due_at is null and ws.lease is null
    )
    select webhook_id as "webhookId", session_id as "sessionId", count(*) over () as count from piece
    order by webhook_id desc, session_id desc limit 1`)
  if (Number(last?.count ?? 0) < ROWS_PER_PIECE) return undefined
  return { webhookId: Number(last?.webhookId), sessionId: Number(last?.sessionId) }
}

/** Deletes unread events that all webhooks have received, once the log no longer has their deliveries. */
export async function cleanUnreadEvents(db: Database, after: number): Promise<number | undefined> {
  const [last] = await db.prisma.$queryRaw<{ id: bigint; count: bigint }[]>(Prisma.sql`
    with piece as materialized (
      select id, session_id, created from unread_event where id > ${after} order by id limit ${ROWS_PER_PIECE}
    ), removed as (
      delete from unread_event u using piece p, event_cursor swept
      where u.id = p.id and swept.consumer = 'webhooks' and p.id <= swept.unread_id
        and p.created < now() - ${LOG_DAYS} * interval '1 day'
        and not exists (
          select from webhook w join lateral (
            select unread_id from webhook_session where webhook_id = w.id and session_id = p.session_id offset 0
          ) ws on ws.unread_id < p.id where w.deleted_at is null)
    )
    select id, count(*) over () as count from piece order by id desc limit 1`)
  return Number(last?.count ?? 0) < ROWS_PER_PIECE ? undefined : Number(last?.id)
}
