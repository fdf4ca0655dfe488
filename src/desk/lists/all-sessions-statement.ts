import { Prisma } from '../../generated/prisma/client.js'
import { readableBy } from '../../accounts/session-access.js'
import type { Account } from '../../protocol/account.js'
import type { SessionStatus } from '../../protocol/schemas/sessions.js'
import type { IdRange } from './created-range.js'

/** Which sessions are listed. An absent property matches any. */
export interface SessionFilter {
  status?: SessionStatus | undefined
  storeId?: number | undefined
  /** Who holds the session, or held it last. */
  holderId?: number | undefined
  tag?: string | undefined
}

type Reader = Pick<Account, 'id' | 'role'>

/** A part of the requested sessions: SQL that an index answers in the order of the ids. */
interface Branch {
  /** SQL: where the rows `s` of chat_session come from. */
  from: Prisma.Sql
  where: Prisma.Sql
  /** SQL: whether an id lies between two ids, both exclusive. */
  between(after: number, before: number): Prisma.Sql
  /** SQL: the order of the index. */
  order: Prisma.Sql
}

const byId = (id: string): Pick<Branch, 'between' | 'order'> => ({
  between: (after, before) => Prisma.sql`${Prisma.raw(id)} > ${after} and ${Prisma.raw(id)} < ${before}`,
  order: Prisma.raw(`${id} desc`),
})

const ofSessions = { from: Prisma.sql`chat_session s`, ...byId('s.id') }

/**
 * SQL of the newest sessions that an admin may read. Each kind of session is read by an index of its own, up to
 * `limit`; then the newest of all are chosen. With one condition for all kinds, PostgreSQL would read past any number
 * of sessions of other kinds. Returns undefined when no session can match.
 */
export function selectNewest(
  admin: Reader,
  filter: SessionFilter,
  range: IdRange,
  limit: number,
): Prisma.Sql | undefined {
  const branches = findBranches(admin, filter)
  if (branches.length === 0) return undefined
  const parts = branches.map(
    ({ from, where, between, order }) => Prisma.sql`(
      select s.* from ${from}
      where ${where} and ${between(range.after, range.before)} ${range.condition}
      order by ${order} limit ${limit})`,
  )
  return Prisma.sql`select * from (${Prisma.join(parts, ' union all ')}) s order by s.id desc limit ${limit}`
}

function findBranches(admin: Reader, { storeId, ...filter }: SessionFilter): Branch[] {
  if (storeId !== undefined) return [ofStore(admin, storeId, filter)]
  const { status, holderId, tag } = filter
  if (admin.role === 'supervisor' && status === undefined && holderId === undefined && tag === undefined) {
    return [{ ...ofSessions, where: Prisma.sql`true` }]
  }
  return findKinds(admin, holderId)
    .filter((kind) => kind.status === (status ?? kind.status))
    .map((kind) => (tag === undefined ? ofKind(kind) : ofTag(kind, tag)))
}

/** A store has few enough sessions to check each. */
function ofStore(admin: Reader, storeId: number, { status, holderId, tag }: SessionFilter): Branch {
  const conditions = [Prisma.sql`s.store_id = ${storeId}`, readableBy(admin)]
  if (status !== undefined) conditions.push(Prisma.sql`s.status = ${status}::session_status`)
  if (holderId !== undefined) conditions.push(Prisma.sql`s.admin_id = ${holderId}`)
  if (tag !== undefined) {
    conditions.push(Prisma.sql`(
      select ${tag} = any(d.tags) from chat_session_details d where d.session_id = s.id)`)
  }
  return { ...ofSessions, where: Prisma.join(conditions, ' and ') }
}

/** Sessions of a status: all, those of one holder, or those that nobody held. */
interface Kind {
  status: SessionStatus
  /** Undefined: anybody's. */
  holderId?: number | undefined
}

/** The `holder_id` in chat_session_tag of a session without a holder. */
const NOBODY = 0

/** The kinds of sessions that an admin may read: all, or those of one holder. */
function findKinds({ id, role }: Reader, holderId: number | undefined): Kind[] {
  const open: Kind[] = holderId === undefined ? [{ status: 'open' }] : []
  if (role === 'supervisor') return [...open, { status: 'claimed', holderId }, { status: 'closed', holderId }]
  if (holderId !== undefined && holderId !== id) return []
  const own: Kind[] = [
    { status: 'claimed', holderId: id },
    { status: 'closed', holderId: id },
  ]
  return holderId === undefined ? [...open, ...own, { status: 'closed', holderId: NOBODY }] : own
}

/** A literal: only with a constant does the planner use a partial index. */
const literal = (status: SessionStatus) => Prisma.raw(`'${status}'`)

function ofKind({ status, holderId }: Kind): Branch {
  if (status === 'claimed') {
    const ofHolder = holderId === undefined ? Prisma.empty : Prisma.sql`and admin_id = ${holderId}`
    // `offset 0` keeps the planner from a generic plan that searches all sessions, newest first, for the few claimed
    // ones.
    const from = Prisma.sql`(select * from chat_session where status = 'claimed' ${ofHolder} offset 0) s`
    return { ...ofSessions, from, where: Prisma.sql`true` }
  }
  const ofStatus = Prisma.sql`s.status = ${literal(status)}`
  if (holderId === undefined) return { ...ofSessions, where: ofStatus }
  if (holderId === NOBODY) return { ...ofSessions, where: Prisma.sql`${ofStatus} and s.admin_id is null` }
  return {
    ...ofSessions,
    where: ofStatus,
    // Row comparisons, because an equality of `admin_id` would reduce the order to that of the ids. Then a generic plan
    // could search all closed sessions, newest first, for those of one holder.
    between: (after, before) => Prisma.sql`(s.admin_id, s.id) > (${holderId}::bigint, ${after}::bigint)
      and (s.admin_id, s.id) < (${holderId}::bigint, ${before}::bigint)`,
    order: Prisma.sql`s.admin_id desc, s.id desc`,
  }
}

/** The sessions of a kind that have a tag, by the indexes of the tags. */
function ofTag({ status, holderId }: Kind, tag: string): Branch {
  const ofHolder = holderId === undefined ? Prisma.empty : Prisma.sql`and t.holder_id = ${holderId}`
  return {
    // `offset 0` keeps the planner from a merge join that reads all sessions in the order of their ids.
    from: Prisma.sql`
      chat_session_tag t cross join lateral (select * from chat_session where id = t.session_id offset 0) s`,
    where: Prisma.sql`t.tag = ${tag} and t.status = ${literal(status)} ${ofHolder}`,
    ...byId('t.session_id'),
  }
}
