import type { Statements } from '../database/database.js'
import { idOrNull } from '../database/sql.js'
import { Prisma } from '../generated/prisma/client.js'
import { joinReceipts } from '../messages/message.js'

/** Where a session stands: as a beginning for its delivery, and for the sweep to compare with. */
export interface Head {
  sessionId: number
  storeId: number
  holderId: number | null
  isClosed: boolean
  created: Date
  seq: number
  changeSeq: number
  /** How far each side has received and read. */
  deliveredTo: { store: number; admin: number }
  readBy: { store: number; admin: number }
}

interface HeadRow {
  sessionId: bigint
  storeId: bigint
  holderId: bigint | null
  isClosed: boolean
  created: Date
  seq: bigint
  changeSeq: bigint
  storeDelivered: bigint
  storeRead: bigint
  adminDelivered: bigint
  adminRead: bigint
}

const headColumns = `s.id as "sessionId", s.store_id as "storeId", s.admin_id as "holderId",
  s.status = 'closed' as "isClosed", s.created, s.seq, s.change_seq as "changeSeq",
  coalesce(by_store.delivered_up_to, 0) as "storeDelivered", coalesce(by_store.read_up_to, 0) as "storeRead",
  coalesce(by_admin.delivered_up_to, 0) as "adminDelivered", coalesce(by_admin.read_up_to, 0) as "adminRead"`
const selectHeads = Prisma.raw(`select ${headColumns} from chat_session s ${joinReceipts('s.id')}`)

const toHead = (row: HeadRow): Head => ({
  sessionId: Number(row.sessionId),
  storeId: Number(row.storeId),
  holderId: idOrNull(row.holderId),
  isClosed: row.isClosed,
  created: row.created,
  seq: Number(row.seq),
  changeSeq: Number(row.changeSeq),
  deliveredTo: { store: Number(row.storeDelivered), admin: Number(row.adminDelivered) },
  readBy: { store: Number(row.storeRead), admin: Number(row.adminRead) },
})

/** The heads of the active sessions of stores. */
export async function readHeadsOfStores(db: Statements, storeIds: number[]): Promise<Head[]> {
  const rows = await db.$queryRaw<HeadRow[]>(Prisma.sql`
    ${selectHeads} where s.store_id = any(${storeIds}::bigint[]) and s.status <> 'closed'`)
  return rows.map(toHead)
}

/** The heads of sessions, whatever became of them. */
export async function readHeads(db: Statements, sessionIds: number[]): Promise<Head[]> {
  if (sessionIds.length === 0) return []
  const rows = await db.$queryRaw<HeadRow[]>(Prisma.sql`${selectHeads} where s.id = any(${sessionIds}::bigint[])`)
  return rows.map(toHead)
}

/** The heads of the sessions of stores that began after one. */
export async function readHeadsAfter(db: Statements, sessionId: number, storeIds: number[]): Promise<Head[]> {
  if (storeIds.length === 0) return []
  const rows = await db.$queryRaw<HeadRow[]>(Prisma.sql`
    ${selectHeads} where s.id > ${sessionId} and s.store_id = any(${storeIds}::bigint[])`)
  return rows.map(toHead)
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
  const rows = await db.$queryRaw<HeadRow[]>(Prisma.sql`
    ${selectHeads} where s.admin_id = any(${adminIds}::bigint[]) and s.status = 'claimed'`)
  return rows.map(toHead)
}

/** The heads of all active sessions: what an admin who is new on this node is owed nothing of. */
export async function readActiveHeads(db: Statements): Promise<Head[]> {
  const rows = await db.$queryRaw<HeadRow[]>(Prisma.sql`${selectHeads} where s.status <> 'closed'`)
  return rows.map(toHead)
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
