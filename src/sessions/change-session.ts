import type { ReceiptDeps } from '../receipts/record-receipts.js'
import type { Database } from '../database/database.js'
import { conflict, forbidden, notFound, unauthorized } from '../errors/request-error.js'
import { Prisma } from '../generated/prisma/client.js'
import { publishChange, publishNote } from '../events/publish.js'
import type { Publisher } from '../events/publisher.js'
import { toNote } from '../database/rows/notes.js'
import { noDetails } from '../database/rows/session-details.js'
import { readSessionJson } from '../database/rows/sessions.js'
import { toSessionChange, type SessionChange, type SessionChangeRow } from '../database/rows/session-changes.js'
import type { Account } from '../protocol/account.js'
import type { Store } from '../protocol/schemas/accounts.js'
import type { SessionForAdmins, SessionForAdminsWithStore } from '../protocol/schemas/desk.js'
import type { Session } from '../protocol/schemas/sessions.js'
import { release, writeAdminChange, writeChange, type ChangeRow, type Step } from './write-change.js'

/**
 * Claims a session for an admin. Of many concurrent claims one wins; claiming one's own session again changes nothing.
 * @throws RequestError 404 · 409 claimed by another, who is named, or closed
 */
export async function claimSession(
  deps: ReceiptDeps,
  admin: Account,
  sessionId: number,
): Promise<SessionForAdminsWithStore> {
  const outcome = await changeAsAdmin(deps, sessionId, {
    kind: Prisma.sql`'claim'`,
    guard: Prisma.sql`old.status = 'open'`,
    set: Prisma.sql`status = 'claimed', admin_id = ${admin.id}`,
    heirId: admin.id,
  })
  // Switched off since the request began.
  if (!outcome.isHeirActive) throw unauthorized()
  const { change, session, store } = outcome
  const isHolder = session.status === 'claimed' && session.admin_id === admin.id
  if (change !== undefined || isHolder) return { ...session, store }
  throw conflict(
    session.status === 'closed' ? 'The session is closed' : await describeHolder(deps.db, session.admin_id),
  )
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
export async function releaseSession(deps: ReceiptDeps, admin: Account, sessionId: number): Promise<SessionForAdmins> {
  const guard = Prisma.sql`old.status = 'claimed'`
  const { change, session } = await changeHeldSession(deps, admin, sessionId, { ...release, guard })
  if (change === undefined && session.status === 'open') throw conflict('Nobody holds the session')
  return session
}

/**
 * Transfers a session to another admin; to its holder, nothing changes. An open session that a supervisor transfers is
 * claimed by that. A note is stored together with the transfer, or neither is.
 * @throws RequestError 403 not the holder · 404 no such session or admin · 409 closed, the admin is switched off, or has the
 * session already, so that a note would be lost
 */
export async function transferSession(
  deps: ReceiptDeps,
  admin: Account,
  { sessionId, toId, note }: { sessionId: number; toId: number; note?: string | undefined },
): Promise<SessionForAdmins> {
  const { change, session, isHeirActive } = await changeHeldSession(deps, admin, sessionId, {
    kind: Prisma.sql`case old.status when 'open' then 'claim' else 'transfer' end`,
    guard: Prisma.sql`old.admin_id is distinct from ${toId}`,
    set: Prisma.sql`status = 'claimed', admin_id = ${toId}`,
    heirId: toId,
    note: note === undefined ? undefined : { adminId: admin.id, content: note },
  })
  if (isHeirActive && change === undefined && note !== undefined) {
    throw conflict('That admin holds the session already: the note is not stored')
  }
  if (isHeirActive) return session
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
export async function closeSessionAsAdmin(
  deps: ReceiptDeps,
  admin: Account,
  sessionId: number,
): Promise<SessionForAdmins> {
  const { session } = await changeHeldSession(deps, admin, sessionId, { ...close, guard: Prisma.sql`true` })
  return session
}

/**
 * Closes the active session of a store.
 * @throws RequestError 409 when there is none
 */
export async function closeSessionAsStore({ db, publisher }: ReceiptDeps, store: Account): Promise<Session> {
  const which = Prisma.sql`store_id = ${store.id} and status <> 'closed'`
  const row = await writeChange(db, which, { ...close, guard: Prisma.sql`true` })
  if (row === undefined || announce(publisher, row) === undefined) throw conflict('There is no active session')
  return readSessionJson(row.found)
}

/** What came of a step: the session, changed or not, and the change. */
interface Outcome {
  change: object | undefined
  session: SessionForAdmins
  store: Store
  isHeirActive: boolean
}

/** Makes a change that only the holder of a claimed session may make; a supervisor may, unless the session is closed. */
async function changeHeldSession(deps: ReceiptDeps, admin: Account, sessionId: number, step: Step): Promise<Outcome> {
  const isSupervisor = admin.role === 'supervisor'
  const mayAct = isSupervisor
    ? Prisma.sql`old.status <> 'closed'`
    : Prisma.sql`old.status = 'claimed' and old.admin_id = ${admin.id}`
  const guard = Prisma.sql`${mayAct} and ${step.guard}`
  const outcome = await changeAsAdmin(deps, sessionId, { ...step, guard })
  const { change, session } = outcome
  if (change === undefined) {
    const isOwn = isSupervisor || session.admin_id === admin.id
    if (session.status === 'closed' && (isOwn || session.admin_id === null)) throw conflict('The session is closed')
    if (!isOwn)
      throw forbidden(session.status === 'open' ? 'Claim the session first' : 'Another admin holds this session')
  }
  return outcome
}

/** @throws RequestError 404 */
async function changeAsAdmin({ db, publisher }: ReceiptDeps, sessionId: number, step: Step): Promise<Outcome> {
  const row = await writeAdminChange(db, sessionId, step)
  if (row === undefined) throw notFound('Session not found')
  const change = announce(publisher, row)
  if (row.note !== null) publishNote(publisher, { note: toNote(row.note), holderId: row.found.admin_id })
  const session = { ...readSessionJson(row.found), ...(row.details ?? noDetails) }
  return { change, session, store: row.store, isHeirActive: row.isHeirActive }
}

/** Publishes a change and returns it; undefined where there was none. */
function announce(publisher: Publisher, row: ChangeRow): SessionChange | undefined {
  if (row.seq === null) return undefined
  const change = toSessionChange(row as SessionChangeRow)
  publishChange(publisher, change)
  return change
}
