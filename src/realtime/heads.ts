import type { Statements } from '../database/database.js'
import { defineColumns } from '../database/columns.js'
import { epochMs } from '../database/sql.js'
import { Prisma } from '../generated/prisma/client.js'
import { joinReceipts, receiptExpressions, type Receipts } from '../messages/message.js'

/** Where a session stands: as a beginning for its delivery, and for the sweep to compare with. */
export interface Head {
  sessionId: number
  storeId: number
  holderId: number | null
  isClosed: boolean
  /** In milliseconds since the epoch. */
  created: number
  seq: number
  changeSeq: number
  /** How far each side has received and read. */
  deliveredTo: { store: number; admin: number }
  readBy: { store: number; admin: number }
}

interface HeadRow extends Receipts {
  sessionId: number
  storeId: number
  holderId: number | null
  isClosed: boolean
  created: number
  seq: number
  changeSeq: number
}

const headColumns = defineColumns<HeadRow>({
  ...receiptExpressions,
  sessionId: 's.id',
  storeId: 's.store_id',
  holderId: 's.admin_id',
  isClosed: `s.status = 'closed'`,
  created: epochMs('s.created'),
  seq: 's.seq',
  changeSeq: 's.change_seq',
})

const joinBoth = Prisma.raw(joinReceipts('s.id'))

/** Reads the heads of the sessions `s` for which a condition holds. */
async function readHeadsWhere(db: Statements, condition: Prisma.Sql): Promise<Head[]> {
  const rows = await headColumns.read(
    db,
    Prisma.sql`${headColumns.select} from chat_session s ${joinBoth} where ${condition}`,
  )
  return rows.map(toHead)
}

function toHead({ deliveredToStore, deliveredToAdmin, readByStore, readByAdmin, ...facts }: HeadRow): Head {
  return {
    ...facts,
    deliveredTo: { store: deliveredToStore ?? 0, admin: deliveredToAdmin ?? 0 },
    readBy: { store: readByStore ?? 0, admin: readByAdmin ?? 0 },
  }
}

/** The heads of the active sessions of stores. */
export async function readHeadsOfStores(db: Statements, storeIds: number[]): Promise<Head[]> {
  return readHeadsWhere(db, Prisma.sql`s.store_id = any(${storeIds}::bigint[]) and s.status <> 'closed'`)
}

/** The heads of sessions, whatever became of them. */
export async function readHeads(db: Statements, sessionIds: number[]): Promise<Head[]> {
  if (sessionIds.length === 0) return []
  return readHeadsWhere(db, Prisma.sql`s.id = any(${sessionIds}::bigint[])`)
}

/** The heads of the sessions of stores that began after one. */
export async function readHeadsAfter(db: Statements, sessionId: number, storeIds: number[]): Promise<Head[]> {
  if (storeIds.length === 0) return []
  return readHeadsWhere(db, Prisma.sql`s.id > ${sessionId} and s.store_id = any(${storeIds}::bigint[])`)
}

/** Which of these sessions have moved since a moment of the database's clock, and how far. */
export async function readMoved(
  db: Statements,
  sessionIds: number[],
  since: Date,
): Promise<{ sessionId: number; seq: number }[]> {
  if (sessionIds.length === 0) return []
  const rows = await db.$queryRaw<{ sessionId: bigint; seq: bigint }[]>(Prisma.sql`
    select id as "sessionId", seq from chat_session where id = any(${sessionIds}::bigint[]) and updated >= ${since}`)
  return rows.map(({ sessionId, seq }) => ({ sessionId: Number(sessionId), seq: Number(seq) }))
}

/** A moment of the database's clock, and the newest session of then. */
export interface Moment {
  at: Date
  sessionId: number
}

export async function readMoment(db: Statements): Promise<Moment> {
  const [row] = await db.$queryRaw<{ at: Date; sessionId: bigint }[]>(Prisma.sql`
    select clock_timestamp() as at, coalesce((select max(id) from chat_session), 0) as "sessionId"`)
  return { at: row?.at ?? new Date(0), sessionId: Number(row?.sessionId ?? 0) }
}

/** The heads of the sessions that admins hold. */
export async function readHeadsOfAdmins(db: Statements, adminIds: number[]): Promise<Head[]> {
  if (adminIds.length === 0) return []
  return readHeadsWhere(db, Prisma.sql`s.admin_id = any(${adminIds}::bigint[]) and s.status = 'claimed'`)
}

/** The heads of all active sessions: what an admin who is new on this node is owed nothing of. */
export async function readActiveHeads(db: Statements): Promise<Head[]> {
  return readHeadsWhere(db, Prisma.sql`s.status <> 'closed'`)
}

/** A place in the ids of all messages and all changes. */
export interface Floor {
  messageId: number
  changeId: number
}

/** The newest ids there are. */
export async function readFloor(db: Statements): Promise<Floor> {
  const [row] = await db.$queryRaw<{ messageId: bigint; changeId: bigint }[]>(Prisma.sql`
    select coalesce((select max(id) from chat_message), 0) as "messageId",
      coalesce((select max(id) from chat_session_change), 0) as "changeId"`)
  return { messageId: Number(row?.messageId ?? 0), changeId: Number(row?.changeId ?? 0) }
}

/** How far the sessions have got that told every admin something above a floor: by session, the newest such seq. */
export async function readNewsForAdmins(db: Statements, floor: Floor): Promise<{ sessionId: number; seq: number }[]> {
  const rows = await db.$queryRaw<{ sessionId: bigint; seq: bigint }[]>(Prisma.sql`
    select session_id as "sessionId", max(seq) as seq from (
      select session_id, seq from chat_message
        where sender_type = 'store' and holder_id is null and id > ${floor.messageId}
      union all
      select session_id, seq from chat_session_change where id > ${floor.changeId}
    ) news group by session_id`)
  return rows.map(({ sessionId, seq }) => ({ sessionId: Number(sessionId), seq: Number(seq) }))
}
