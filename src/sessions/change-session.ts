import type { ReceiptDeps } from '../receipts/record-receipts.js'
import type { Database } from '../database/database.js'
import { conflict, forbidden, notFound, unauthorized } from '../errors/request-error.js'
import { Prisma } from '../generated/prisma/client.js'
import { publishChange } from '../events/publish.js'
import { readSessionJson, type SessionJson } from '../database/rows/sessions.js'
import { toSessionChange, type SessionChangeRow } from '../database/rows/session-changes.js'
import type { Account } from '../protocol/account.js'
import type { Session, SessionWithStore } from '../protocol/schemas/sessions.js'
import { release, writeChange, type Step } from './write-change.js'

/**
 * Claims a session for an admin. Of many concurrent claims one wins; claiming one's own session again changes nothing.
 * @throws RequestError 404 · 409 claimed by another, who is named, or closed
 */
export async function claimSession(deps: ReceiptDeps, admin: Account, sessionId: number): Promise<SessionWithStore> {
  const { change, found, store, isHeirActive } = await changeSession(deps, Prisma.sql`id = ${sessionId}`, {
    kind: Prisma.sql`'claim'`,
    guard: Prisma.sql`old.status = 'open'`,
    set: Prisma.sql`status = 'claimed', admin_id = ${admin.id}`,
    heirId: admin.id,
  })
  if (found === undefined) throw notFound('Session not found')
  // Switched off since the request began.
  if (!isHeirActive) throw unauthorized()
  const isHolder = found.status === 'claimed' && found.admin_id === admin.id
  if (store !== undefined && (change !== undefined || isHolder)) return { ...readSessionJson(found), store }
  throw conflict(found.status === 'closed' ? 'The session is closed' : await describeHolder(deps.db, found.admin_id))
}

/** The refusal of a lost claim, which names the winner. */
async function describeHolder(db: Database, holderId: number | null): Promise<string> {
  const holder = await db.prisma.admin.findUnique({ where: { id: holderId ?? 0 }, select: { name: true } })
  return `${holder?.name ?? 'Another admin'} (admin ${holderId}) has claimed this session`
}

/**
 * Gives a session back to the open ones.
 * @throws RequestError 403 not the holder · 404 · 409 closed, or to a supervisor: open already
 */
export async function releaseSession(deps: ReceiptDeps, admin: Account, sessionId: number): Promise<Session> {
  const guard = Prisma.sql`old.status = 'claimed'`
  const { change, found } = await changeHeldSession(deps, admin, sessionId, { ...release, guard })
  if (change === undefined && found.status === 'open') throw conflict('Nobody holds the session')
  return readSessionJson(found)
}

/**
 * Transfers a session to another admin; to its holder, nothing changes. An open session that a supervisor transfers is
 * claimed by that.
 * @throws RequestError 403 not the holder · 404 no such session or admin · 409 closed, or the admin is switched off
 */
export async function transferSession(
  deps: ReceiptDeps,
  admin: Account,
  sessionId: number,
  toId: number,
): Promise<Session> {
  const { found, isHeirActive } = await changeHeldSession(deps, admin, sessionId, {
    kind: Prisma.sql`case old.status when 'open' then 'claim' else 'transfer' end`,
    guard: Prisma.sql`old.admin_id is distinct from ${toId}`,
    set: Prisma.sql`status = 'claimed', admin_id = ${toId}`,
    heirId: toId,
  })
  if (isHeirActive) return readSessionJson(found)
  if ((await deps.db.prisma.admin.count({ where: { id: toId } })) === 0) throw notFound('Admin not found')
  throw conflict('That admin is switched off')
}

const close = {
  kind: Prisma.sql`'close'`,
  set: Prisma.sql`status = 'closed', closed_at = greatest(clock_timestamp(), s.updated)`,
}

/**
 * Closes a session as its holder.
 * @throws RequestError 403 not the holder · 404 · 409 closed already
 */
export async function closeSessionAsAdmin(deps: ReceiptDeps, admin: Account, sessionId: number): Promise<Session> {
  const { found } = await changeHeldSession(deps, admin, sessionId, { ...close, guard: Prisma.sql`true` })
  return readSessionJson(found)
}

/**
 * Closes the active session of a store.
 * @throws RequestError 409 when there is none
 */
export async function closeSessionAsStore(deps: ReceiptDeps, store: Account): Promise<Session> {
  const which = Prisma.sql`store_id = ${store.id} and status <> 'closed'`
  const { change, found } = await changeSession(deps, which, { ...close, guard: Prisma.sql`true` })
  if (change === undefined || found === undefined) throw conflict('There is no active session')
  return readSessionJson(found)
}

/** What came of a step: the session, changed or not, and the change. */
interface Outcome {
  change: object | undefined
  found: SessionJson
  isHeirActive: boolean
}

/** Makes a change that only the holder of a claimed session may make; a supervisor may, unless the session is closed. */
async function changeHeldSession(deps: ReceiptDeps, admin: Account, sessionId: number, step: Step): Promise<Outcome> {
  const isSupervisor = admin.role === 'supervisor'
  const mayAct = isSupervisor
    ? Prisma.sql`old.status <> 'closed'`
    : Prisma.sql`old.status = 'claimed' and old.admin_id = ${admin.id}`
  const guard = Prisma.sql`${mayAct} and ${step.guard}`
  const { change, found, isHeirActive } = await changeSession(deps, Prisma.sql`id = ${sessionId}`, { ...step, guard })
  if (found === undefined) throw notFound('Session not found')
  if (change === undefined) {
    const isOwn = isSupervisor || found.admin_id === admin.id
    if (found.status === 'closed' && (isOwn || found.admin_id === null)) throw conflict('The session is closed')
    if (!isOwn)
      throw forbidden(found.status === 'open' ? 'Claim the session first' : 'Another admin holds this session')
  }
  return { change, found, isHeirActive }
}

async function changeSession({ db, publisher }: ReceiptDeps, which: Prisma.Sql, step: Step) {
  const row = await writeChange(db, which, step)
  const change = row?.seq == null ? undefined : toSessionChange(row as SessionChangeRow)
  if (change !== undefined) publishChange(publisher, change)
  return { change, found: row?.found, store: row?.store, isHeirActive: row?.isHeirActive === true }
}
