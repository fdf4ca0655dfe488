import type { ReceiptDeps } from '../receipts/record-receipts.js'
import type { Database } from '../database/database.js'
import { conflict, forbidden, notFound } from '../errors/request-error.js'
import { Prisma } from '../generated/prisma/client.js'
import { publishChange } from '../events/publish.js'
import { readSessionJson, sessionJson, storeRow, type SessionJson } from '../database/rows/sessions.js'
import { changeColumns, toSessionChange, type SessionChangeRow } from '../database/rows/session-changes.js'
import type { Account } from '../protocol/account.js'
import type { Store } from '../protocol/schemas/accounts.js'
import type { Session, SessionWithStore } from '../protocol/schemas/sessions.js'

/**
 * Claims a session for an admin. Of many who try one wins; claiming what is already one's own changes nothing.
 * @throws RequestError 404 · 409 claimed by another, who is named, or closed
 */
export async function claimSession(deps: ReceiptDeps, admin: Account, sessionId: number): Promise<SessionWithStore> {
  const { change, found, store } = await changeSession(deps, Prisma.sql`id = ${sessionId}`, {
    kind: 'claim',
    guard: Prisma.sql`old.status = 'open'`,
    set: Prisma.sql`status = 'claimed', admin_id = ${admin.id}`,
  })
  if (found === undefined) throw notFound('Session not found')
  const isHolder = found.status === 'claimed' && found.admin_id === admin.id
  if (store !== undefined && (change !== undefined || isHolder)) return { ...readSessionJson(found), store }
  throw conflict(found.status === 'closed' ? 'The session is closed' : await tellHolder(deps.db, found.admin_id))
}

/** Who was faster, for the admin who has to be told. */
async function tellHolder(db: Database, holderId: number | null): Promise<string> {
  const holder = await db.admin.findUnique({ where: { id: holderId ?? 0 }, select: { name: true } })
  return `${holder?.name ?? 'Another admin'} (admin ${holderId}) has claimed this session`
}

/**
 * Gives a session back to the open ones.
 * @throws RequestError 403 not the holder · 404 · 409 closed
 */
export async function releaseSession(deps: ReceiptDeps, admin: Account, sessionId: number): Promise<Session> {
  const set = Prisma.sql`status = 'open', admin_id = null`
  return changeHeldSession(deps, admin, sessionId, { kind: 'release', guard: Prisma.sql`true`, set })
}

/**
 * Hands a session over to another admin; to oneself, nothing changes.
 * @throws RequestError 403 not the holder · 404 no such session or admin · 409 closed
 */
export async function transferSession(
  deps: ReceiptDeps,
  admin: Account,
  sessionId: number,
  toId: number,
): Promise<Session> {
  const isKnown = (await deps.db.admin.count({ where: { id: toId } })) > 0
  const guard = Prisma.sql`${isKnown} and old.admin_id <> ${toId}`
  const set = Prisma.sql`admin_id = ${toId}`
  const session = await changeHeldSession(deps, admin, sessionId, { kind: 'transfer', guard, set })
  if (!isKnown) throw notFound('Admin not found')
  return session
}

const close = Prisma.sql`status = 'closed', closed_at = greatest(clock_timestamp(), s.updated)`

/**
 * Closes a session as its holder.
 * @throws RequestError 403 not the holder · 404 · 409 closed already
 */
export async function closeSessionAsAdmin(deps: ReceiptDeps, admin: Account, sessionId: number): Promise<Session> {
  return changeHeldSession(deps, admin, sessionId, { kind: 'close', guard: Prisma.sql`true`, set: close })
}

/**
 * Closes the active session of a store.
 * @throws RequestError 409 when there is none
 */
export async function closeSessionAsStore(deps: ReceiptDeps, store: Account): Promise<Session> {
  const which = Prisma.sql`store_id = ${store.id} and status <> 'closed'`
  const { change, found } = await changeSession(deps, which, { kind: 'close', guard: Prisma.sql`true`, set: close })
  if (change === undefined || found === undefined) throw conflict('There is no active session')
  return readSessionJson(found)
}

interface Step {
  kind: SessionChangeRow['kind']
  /** SQL over `old`, the locked row: whether the step may be taken. */
  guard: Prisma.Sql
  /** SQL: what the step sets. */
  set: Prisma.Sql
}

/** A step that only the holder of a claimed session may take. Returns the session, changed or not. */
async function changeHeldSession(deps: ReceiptDeps, admin: Account, sessionId: number, step: Step): Promise<Session> {
  const guard = Prisma.sql`old.status = 'claimed' and old.admin_id = ${admin.id} and ${step.guard}`
  const { change, found } = await changeSession(deps, Prisma.sql`id = ${sessionId}`, { ...step, guard })
  if (found === undefined) throw notFound('Session not found')
  if (change !== undefined) return readSessionJson(found)
  const isOwn = found.admin_id === admin.id
  if (found.status === 'closed' && (isOwn || found.admin_id === null)) throw conflict('The session is closed')
  if (!isOwn) throw forbidden(found.status === 'open' ? 'Claim the session first' : 'Another admin holds this session')
  return readSessionJson(found)
}

async function changeSession({ db, publisher }: ReceiptDeps, which: Prisma.Sql, step: Step) {
  const row = await writeChange(db, which, step)
  const change = row?.seq == null ? undefined : toSessionChange(row as SessionChangeRow)
  if (change !== undefined) publishChange(publisher, change)
  return { change, found: row?.found, store: row?.store }
}

type ChangeRow = { [Key in keyof SessionChangeRow]: SessionChangeRow[Key] | null } & {
  found: SessionJson
  store: Store
}

/** Undefined when there is no such session; a row with a null `seq` when it is as it was. */
async function writeChange(
  db: Database,
  which: Prisma.Sql,
  { kind, guard, set }: Step,
): Promise<ChangeRow | undefined> {
  const [row] = await db.$queryRaw<ChangeRow[]>(Prisma.sql`
    with old as materialized (
      select * from chat_session where ${which} for update
    ), changed as (
      update chat_session s set ${set}, seq = old.seq + 1, change_seq = old.seq + 1,
        updated = greatest(clock_timestamp(), old.updated)
      from old where s.id = old.id and ${guard}
      returning s.*
    ), change as (
      insert into chat_session_change (session_id, seq, kind, admin_id, previous_admin_id, session)
      select s.id, s.seq, ${kind}::session_change_kind, s.admin_id, old.admin_id, ${Prisma.raw(sessionJson)}
      from changed s join old on old.id = s.id
      returning *
    )
    select ${changeColumns}, s.store_id as "storeId", old.change_seq as "previousChangeSeq",
      old.updated as "previousUpdated",
      ${Prisma.raw(sessionJson)} as found, ${Prisma.raw(storeRow)} as store
    from (select * from changed union all select * from old where not exists (select from changed)) s
    join old on old.id = s.id
    join store st on st.id = s.store_id
    left join change on true`)
  return row
}
