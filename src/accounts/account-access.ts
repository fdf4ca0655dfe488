import { rawOf, type Statements } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import type { AccessChange } from '../events/events.js'
import type { Side, AdminRole } from '../protocol/account.js'

/** What may be changed in an account's access; what is left out stays as it is. */
export interface AccessInput {
  /** Only of an admin. */
  role?: AdminRole
  active?: boolean
  /** Ends all that was issued so far. */
  signOut?: boolean
}

/** What came of it. */
export interface AccessOutcome {
  change: AccessChange
  /** The account was active before and is not any more. */
  isSwitchedOff: boolean
  /** Tokens that were revoked by it. */
  revokedTokenIds: number[]
}

interface StateRow {
  active: boolean
  role: AdminRole | null
}

interface ChangedRow extends StateRow {
  signedOutAt: Date | null
  changedAt: Date
}

/**
 * Changes an account's access within a transaction, which holds the account's row from here on: tokens and sessions that
 * need an active account are given out before it or not at all. Whoever is switched off or signed out loses the tokens it
 * has for good, also for nodes of earlier versions, which know of nothing else. To be announced after the commit.
 *
 * Returns undefined when there is no such account, and 'unchanged' when nothing was to be changed.
 */
export async function changeAccess(
  tx: Statements,
  { side, id }: { side: Side; id: number },
  { role, active, signOut = false }: AccessInput,
): Promise<AccessOutcome | 'unchanged' | undefined> {
  const table = Prisma.raw(side)
  const roleOf = Prisma.raw(side === 'admin' ? 'role::text' : 'null::text as role')
  const [before] = await rawOf(tx).$queryRaw<StateRow[]>(Prisma.sql`
    select active, ${roleOf} from ${table} where id = ${id} for no key update`)
  if (before === undefined) return undefined
  const next = { active: active ?? before.active, role: role ?? before.role }
  const isSwitchedOff = before.active && !next.active
  const isEnd = signOut || isSwitchedOff
  if (!isEnd && next.active === before.active && next.role === before.role) return 'unchanged'

  const setRole = side === 'admin' ? Prisma.sql`role = ${next.role}::admin_role,` : Prisma.empty
  const [changed] = await rawOf(tx).$queryRaw<ChangedRow[]>(Prisma.sql`
    update ${table} set ${setRole} active = ${next.active},
      signed_out_at = case when ${isEnd} then clock_timestamp() else signed_out_at end,
      access_changed_at = greatest(clock_timestamp(), access_changed_at + interval '1 millisecond')
    where id = ${id}
    returning active, ${roleOf}, signed_out_at as "signedOutAt", access_changed_at as "changedAt"`)
  if (changed === undefined) return undefined
  const revokedTokenIds = isEnd ? await revokeTokens(tx, side, id) : []
  return { change: toChange(side, id, changed), isSwitchedOff, revokedTokenIds }
}

async function revokeTokens(tx: Statements, side: Side, id: number): Promise<number[]> {
  const owner = Prisma.raw(`${side}_id`)
  const rows = await rawOf(tx).$queryRaw<{ id: bigint }[]>(Prisma.sql`
    update access_token set revoked_at = clock_timestamp() where ${owner} = ${id} and revoked_at is null returning id`)
  return rows.map((row) => Number(row.id))
}

function toChange(side: Side, id: number, { active, role, signedOutAt, changedAt }: ChangedRow): AccessChange {
  const at = signedOutAt?.getTime() ?? null
  return { side, id, isActive: active, role, signedOutAt: at, changedAt: changedAt.getTime() }
}
