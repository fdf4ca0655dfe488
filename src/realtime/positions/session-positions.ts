import { rawOf, type Statements } from '../../database/database.js'
import { defineColumns } from '../../database/columns.js'
import { epochMs } from '../../database/sql.js'
import { Prisma } from '../../generated/prisma/client.js'
import { joinReceipts, receiptExpressions, type Receipts } from '../../database/rows/messages.js'

/** The position of a session in PostgreSQL: where its delivery begins, and what the reconciler compares with. */
export interface SessionPosition {
  sessionId: number
  storeId: number
  holderId: number | null
  isClosed: boolean
  /** In milliseconds since the epoch. */
  created: number
  /** When the event `seq` was committed, in milliseconds since the epoch. */
  updated: number
  seq: number
  changeSeq: number
  /** How far each side has received and read. */
  deliveredTo: { store: number; admin: number }
  readBy: { store: number; admin: number }
}

interface SessionPositionRow extends Receipts {
  sessionId: number
  storeId: number
  holderId: number | null
  isClosed: boolean
  created: number
  updated: number
  seq: number
  changeSeq: number
}

const positionColumns = defineColumns<SessionPositionRow>({
  ...receiptExpressions,
  sessionId: 's.id',
  storeId: 's.store_id',
  holderId: 's.admin_id',
  isClosed: `s.status = 'closed'`,
  created: epochMs('s.created'),
  updated: epochMs('s.updated'),
  seq: 's.seq',
  changeSeq: 's.change_seq',
})

const joinBoth = Prisma.raw(joinReceipts('s.id'))

/** Reads the positions of the sessions `s` for which a condition holds. */
export async function readPositionsWhere(db: Statements, condition: Prisma.Sql): Promise<SessionPosition[]> {
  const rows = await positionColumns.read(
    db,
    Prisma.sql`${positionColumns.select} from chat_session s ${joinBoth} where ${condition}`,
  )
  return rows.map(toSessionPosition)
}

function toSessionPosition({
  deliveredToStore,
  deliveredToAdmin,
  readByStore,
  readByAdmin,
  ...facts
}: SessionPositionRow): SessionPosition {
  return {
    ...facts,
    deliveredTo: { store: deliveredToStore ?? 0, admin: deliveredToAdmin ?? 0 },
    readBy: { store: readByStore ?? 0, admin: readByAdmin ?? 0 },
  }
}

/** Reads the positions of the active sessions of stores. */
export async function readPositionsOfStores(db: Statements, storeIds: number[]): Promise<SessionPosition[]> {
  return readPositionsWhere(db, Prisma.sql`s.store_id = any(${storeIds}::bigint[]) and s.status <> 'closed'`)
}

/** Reads the positions of sessions, closed ones too. A session that is gone is not in the answer. */
export async function readSessionPositions(db: Statements, sessionIds: number[]): Promise<SessionPosition[]> {
  if (sessionIds.length === 0) return []
  return readPositionsWhere(db, Prisma.sql`s.id = any(${sessionIds}::bigint[])`)
}

/** Reads the positions of the sessions of stores with an id above `sessionId`. */
export async function readPositionsAfter(
  db: Statements,
  sessionId: number,
  storeIds: number[],
): Promise<SessionPosition[]> {
  if (storeIds.length === 0) return []
  return readPositionsWhere(db, Prisma.sql`s.id > ${sessionId} and s.store_id = any(${storeIds}::bigint[])`)
}

/** How far a session was delivered. */
export interface Delivered {
  sessionId: number
  last: number
}

/** The position of a session beside what was delivered of it; `seq` is null where the session is gone. */
export interface Standing {
  sessionId: number
  storeId: number | null
  seq: number | null
  /**
   * The commit times of the event that PostgreSQL holds under the seq that was delivered last; nulls where it holds none.
   */
  lastAt: (number | null)[]
}

/**
 * SQL of the times at which an event of the session `id` may have been committed: the message's, the change's, the
 * session's.
 */
export const commitTimesOf = (id: string, seq: string) => `json_build_array(
  (select ${epochMs('m.created')} from chat_message m where m.session_id = ${id} and m.seq = ${seq}),
  (select ${epochMs(`(c.session ->> 'updated')::timestamptz`)} from chat_session_change c
    where c.session_id = ${id} and c.seq = ${seq}),
  (select ${epochMs('u.updated')} from chat_session u where u.id = ${id} and u.seq = ${seq}))`

const standingColumns = defineColumns<Standing>({
  sessionId: 'known.id',
  storeId: 's.store_id',
  seq: 's.seq',
  lastAt: commitTimesOf('known.id', 'known.last'),
})

const columnsOf = (delivered: Delivered[]) => Prisma.sql`unnest(
  ${delivered.map(({ sessionId }) => sessionId)}::bigint[], ${delivered.map(({ last }) => last)}::bigint[]) as known(id, last)`

/** Reads the positions of sessions beside what was delivered of them. */
export async function readStandings(db: Statements, delivered: Delivered[]): Promise<Standing[]> {
  if (delivered.length === 0) return []
  return standingColumns.read(
    db,
    Prisma.sql`${standingColumns.select} from ${columnsOf(delivered)} left join chat_session s on s.id = known.id`,
  )
}

/** Reads which of these sessions have moved since a time of the database's clock, or are behind what was delivered. */
export async function readMovedSessions(
  db: Statements,
  delivered: Delivered[],
  since: Date,
): Promise<{ sessionId: number; seq: number }[]> {
  if (delivered.length === 0) return []
  const rows = await rawOf(db).$queryRaw<{ sessionId: bigint; seq: bigint | null }[]>(Prisma.sql`
    select known.id as "sessionId", s.seq from ${columnsOf(delivered)} left join chat_session s on s.id = known.id
    where s.updated >= ${since} or s.seq < known.last or s.id is null`)
  return rows.map(({ sessionId, seq }) => ({ sessionId: Number(sessionId), seq: Number(seq ?? 0) }))
}

/** Reads the positions of the sessions that admins hold. */
export async function readPositionsOfAdmins(db: Statements, adminIds: number[]): Promise<SessionPosition[]> {
  if (adminIds.length === 0) return []
  return readPositionsWhere(db, Prisma.sql`s.admin_id = any(${adminIds}::bigint[]) and s.status = 'claimed'`)
}
