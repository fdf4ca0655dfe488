import { Prisma } from '../../generated/prisma/client.js'
import { readableBy } from '../../accounts/session-access.js'
import type { Account } from '../../protocol/account.js'
import type { SessionStatus } from '../../protocol/schemas/sessions.js'
import type { IdRange } from './created-range.js'

/** Which sessions are listed. What is left out does not matter. */
export interface SessionFilter {
  status?: SessionStatus | undefined
  storeId?: number | undefined
  /** Who holds the session, or held it last. */
  holderId?: number | undefined
  tag?: string | undefined
}

/** Some of the sessions that are asked for: SQL that an index answers in the order of the ids. */
interface Branch {
  /** SQL: where the rows `s` of chat_session come from. */
  from: Prisma.Sql
  where: Prisma.Sql
  /** SQL of the column whose index has the order. */
  id: Prisma.Sql
}

const ofSessions = { from: Prisma.sql`chat_session s`, id: Prisma.sql`s.id` }

/**
 * SQL of the newest sessions that an admin may read: of each kind of session so many, each kind by an index of its own, and
 * of those the newest. One condition for all of them would make PostgreSQL read past any number of sessions of the other
 * kinds. Undefined where none can be meant.
 */
export function selectNewest(
  admin: Pick<Account, 'id' | 'role'>,
  filter: SessionFilter,
  range: IdRange,
  limit: number,
): Prisma.Sql | undefined {
  const branches = findBranches(admin, filter)
  if (branches.length === 0) return undefined
  const parts = branches.map(
    ({ from, where, id }) => Prisma.sql`(
      select s.* from ${from}
      where ${where} and ${id} > ${range.after} and ${id} < ${range.before} ${range.condition}
      order by ${id} desc limit ${limit})`,
  )
  return Prisma.sql`select * from (${Prisma.join(parts, ' union all ')}) s order by s.id desc limit ${limit}`
}

function findBranches(admin: Pick<Account, 'id' | 'role'>, filter: SessionFilter): Branch[] {
  const { status, storeId, holderId, tag } = filter
  if (storeId !== undefined) {
    const ofStatus = status === undefined ? Prisma.sql`true` : Prisma.sql`s.status = ${status}::session_status`
    const ofHolder = holderId === undefined ? Prisma.sql`true` : Prisma.sql`s.admin_id = ${holderId}`
    const where = Prisma.sql`s.store_id = ${storeId} and ${readableBy(admin)} and ${ofStatus} and ${ofHolder}`
    return [tagged({ ...ofSessions, where }, tag)]
  }
  if (admin.role === 'supervisor' && status === undefined && holderId === undefined && tag === undefined) {
    return [{ ...ofSessions, where: Prisma.sql`true` }]
  }
  const isWanted = (wanted: SessionStatus) => status === undefined || status === wanted
  return [
    ...(isWanted('open') && holderId === undefined ? [ofStatus('open', tag)] : []),
    ...(isWanted('claimed') ? findClaimed(admin, holderId, tag) : []),
    ...(isWanted('closed') ? findClosed(admin, holderId, tag) : []),
  ]
}

/** Those of one holder are few, and so are all together: they are sorted. */
function findClaimed({ id, role }: Pick<Account, 'id' | 'role'>, holderId: number | undefined, tag?: string): Branch[] {
  if (role === 'supervisor' && holderId === undefined) return [ofStatus('claimed', tag)]
  if (role !== 'supervisor' && holderId !== undefined && holderId !== id) return []
  return [tagged(heldBy('claimed', holderId ?? id), tag)]
}

/** An agent reads those that it held last, and those that nobody has held. */
function findClosed({ id, role }: Pick<Account, 'id' | 'role'>, holderId: number | undefined, tag?: string): Branch[] {
  if (role === 'supervisor')
    return [holderId === undefined ? ofStatus('closed', tag) : tagged(heldBy('closed', holderId), tag)]
  const closed = ofStatus('closed', tag)
  const unheld = { ...closed, where: Prisma.sql`${closed.where} and s.admin_id is null` }
  if (holderId === undefined) return [tagged(heldBy('closed', id), tag), unheld]
  return holderId === id ? [tagged(heldBy('closed', id), tag)] : []
}

/** A constant in the statement, as the partial indexes need it. */
const literal = (status: SessionStatus) => Prisma.raw(`'${status}'`)

const heldBy = (status: SessionStatus, holderId: number): Branch => ({
  ...ofSessions,
  where: Prisma.sql`s.status = ${literal(status)} and s.admin_id = ${holderId}`,
})

/** The sessions of a status; those with a tag by the index of the tags, newest first as well. */
function ofStatus(status: SessionStatus, tag: string | undefined): Branch {
  if (tag !== undefined) {
    const from = Prisma.sql`chat_session_tag t join chat_session s on s.id = t.session_id`
    return { from, where: Prisma.sql`t.tag = ${tag} and t.status = ${literal(status)}`, id: Prisma.sql`t.session_id` }
  }
  // Without `offset` the planner may look for the few claimed ones among all sessions, newest first.
  const from = Prisma.sql`(select * from chat_session where status = 'claimed' offset 0) s`
  if (status === 'claimed') return { ...ofSessions, from, where: Prisma.sql`true` }
  return { ...ofSessions, where: Prisma.sql`s.status = ${literal(status)}` }
}

/** Only the sessions of a branch that have a tag, which is looked up session by session. */
function tagged(branch: Branch, tag: string | undefined): Branch {
  if (tag === undefined) return branch
  const hasTag = Prisma.sql`(select ${tag} = any(d.tags) from chat_session_details d where d.session_id = s.id)`
  return { ...branch, where: Prisma.sql`${branch.where} and ${hasTag}` }
}
