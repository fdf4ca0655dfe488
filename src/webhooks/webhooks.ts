import type { Database, Transaction } from '../database/database.js'
import { conflict, invalidInput, notFound } from '../errors/request-error.js'
import { beginCursor, overlapOf } from '../event-log/moved-sessions.js'
import { awaitTransactions } from '../event-log/settled-transactions.js'
import { Prisma, type Webhook as WebhookRow } from '../generated/prisma/client.js'
import { beginReminders } from '../reminders/mark-unread.js'
import { createSecret } from './signature.js'
import { toWebhook, type Webhook, type WebhookInput, type WebhookPatch, type WebhookWithSecret } from './webhook.js'

/** Each webhook may be sent every event, so the number of webhooks bounds the cost of a message. */
const MAX_WEBHOOKS = 50
/** Nodes that look for reminders move their cursor several times a minute. */
const REMINDERS_IDLE_MS = 60_000
/** How long the previous secret is still used for signatures. */
const ROTATION_MS = 24 * 3_600_000

/**
 * Creates a webhook. It receives the events that are committed after this has resolved. Its position is the newest ids.
 * Transactions that were under way when these were read may commit lower ids, which count as older, so this waits for them.
 * @throws RequestError 400 a URL with credentials · 409 too many
 */
export async function createWebhook(
  db: Database,
  { url, events = [] }: WebhookInput,
  longestStatementMs: number,
): Promise<WebhookWithSecret> {
  checkUrl(url)
  await beginReminders(db, REMINDERS_IDLE_MS)
  const secret = createSecret()
  const { id, horizon } = await db.prisma.$transaction(async (tx) => {
    // Concurrent calls would count the same number of webhooks, and each would find that there is none yet.
    await tx.$executeRaw(Prisma.sql`lock table webhook in share row exclusive mode`)
    return insertWebhook(tx, { url, events, secret })
  })
  await awaitTransactions(db, horizon, overlapOf(longestStatementMs))
  return { ...toWebhook(await findWebhook(db, id)), secret }
}

async function insertWebhook(
  tx: Transaction,
  { url, events, secret }: Required<WebhookInput> & { secret: string },
): Promise<{ id: number; horizon: string }> {
  // Nobody has moved the cursor while there was no webhook.
  const isStale = Prisma.sql`not exists (select from webhook where deleted_at is null)`
  const [created] = await tx.$queryRaw<{ id: bigint; horizon: string }[]>(Prisma.sql`
    with ${beginCursor('webhooks', isStale)}
    insert into webhook (url, events, secret, from_message_id, from_change_id, from_unread_id)
    select ${url}, ${events}::text[], ${secret}, message_id, change_id, unread_id from newest
    where (select count(*) from webhook where deleted_at is null) < ${MAX_WEBHOOKS}
    returning id, pg_current_xact_id()::text as horizon`)
  if (created === undefined) throw conflict(`There are ${MAX_WEBHOOKS} webhooks already`)
  return { id: Number(created.id), horizon: created.horizon }
}

/** Lists all webhooks by id. */
export async function listWebhooks(db: Database): Promise<Webhook[]> {
  const rows = await db.prisma.webhook.findMany({ where: { deletedAt: null }, orderBy: { id: 'asc' } })
  return rows.map(toWebhook)
}

/** @throws RequestError 404 */
export async function readWebhook(db: Database, id: number): Promise<Webhook> {
  return toWebhook(await findWebhook(db, id))
}

/**
 * Changes a webhook. One that is switched on continues at its position, and also with sessions that waited for a replay.
 * @throws RequestError 400 a URL with credentials · 404
 */
export async function updateWebhook(db: Database, id: number, patch: WebhookPatch): Promise<Webhook> {
  if (patch.url !== undefined) checkUrl(patch.url)
  const { url, events, active } = patch
  await findWebhook(db, id)
  const row = await db.prisma.webhook.update({
    where: { id },
    data: {
      ...(url !== undefined && { url }),
      ...(events !== undefined && { events }),
      ...(active !== undefined && { active }),
      ...(active === true && { goneAt: null }),
    },
  })
  if (active === true) await resumeSessions(db, id)
  return toWebhook(row)
}

/** Makes sessions due that wait for their next attempt or for a replay, unless they are being delivered. */
async function resumeSessions(db: Database, webhookId: number): Promise<void> {
  await db.prisma.$executeRaw(Prisma.sql`
    update webhook_session set due_at = now(), attempts = 0, first_failed_at = null, failed_at = null
    where webhook_id = ${webhookId} and lease is null and (attempts > 0 or failed_at is not null)`)
}

/**
 * Deletes a webhook. Only requests that are under way are still sent.
 * @throws RequestError 404
 */
export async function deleteWebhook(db: Database, id: number): Promise<Webhook> {
  await findWebhook(db, id)
  return toWebhook(await db.prisma.webhook.update({ where: { id }, data: { deletedAt: new Date() } }))
}

/**
 * Gives a webhook a new secret. For a day, events are also signed with the previous one, so that the receiver can change over.
 * @throws RequestError 404
 */
export async function rotateSecret(db: Database, id: number): Promise<WebhookWithSecret> {
  const secret = createSecret()
  const previousSecretUntil = new Date(Date.now() + ROTATION_MS)
  // One statement: of concurrent calls each would keep the same previous secret, and one would return a secret that is lost.
  await db.prisma.$executeRaw(Prisma.sql`
    update webhook set previous_secret = secret, previous_secret_until = ${previousSecretUntil}, secret = ${secret}
    where id = ${id} and deleted_at is null`)
  return { ...toWebhook(await findWebhook(db, id)), secret }
}

/** The secrets that events are signed with now. */
export const secretsOf = ({ secret, previousSecret, previousSecretUntil }: Secrets) =>
  previousSecret !== null && (previousSecretUntil?.getTime() ?? 0) > Date.now() ? [secret, previousSecret] : [secret]

type Secrets = Pick<WebhookRow, 'secret' | 'previousSecret' | 'previousSecretUntil'>

/** @throws RequestError 404 */
export async function findWebhook(db: Database, id: number): Promise<WebhookRow> {
  const row = await db.prisma.webhook.findFirst({ where: { id, deletedAt: null } })
  if (row === null) throw notFound('Webhook not found')
  return row
}

function checkUrl(url: string): void {
  const { username, password } = new URL(url)
  if (username !== '' || password !== '') {
    throw invalidInput([{ field: 'url', message: 'must not hold a user name or a password' }])
  }
}
