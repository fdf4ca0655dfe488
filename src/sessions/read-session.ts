import type { Side } from '../accounts/authentication.js'
import type { Statements } from '../database/database.js'
import { idOrNull } from '../database/sql.js'
import { Prisma } from '../generated/prisma/client.js'
import { joinReceipts, messageJson } from '../messages/message.js'
import { NEWEST_MESSAGES, sessionJson, withStore, type SessionStatus } from './session.js'

/** A session as one side sees it. */
export interface SessionView {
  sessionId: number
  storeId: number
  adminId: number | null
  status: SessionStatus
  seq: number
  /** Finished JSON, with the newest messages. */
  json: string
  /** The newest message in it that the viewing side had not received before. */
  undeliveredUpTo: number | null
}

type SessionRow = { [Key in keyof SessionView]: SessionView[Key] extends number ? bigint : unknown } & {
  status: SessionStatus
  json: string
  undeliveredUpTo: bigint | null
  adminId: bigint | null
}

const messages = `'messages', newest.messages`
const other = { store: 'admin', admin: 'store' }

/** A store is shown itself only once the session is claimed; an admin is always shown the store. */
function selectSessions(viewer: Side): string {
  const full = sessionJson('s', withStore('st'), messages)
  const json =
    viewer === 'admin' ? full : `case s.status when 'open' then ${sessionJson('s', messages)} else ${full} end`
  const message = messageJson('m', viewer)
  return `
    select s.store_id as "storeId", s.id as "sessionId", s.admin_id as "adminId", s.status::text, s.seq,
      newest.undelivered as "undeliveredUpTo", (${json})::text as json
    from chat_session s
    join store st on st.id = s.store_id ${joinReceipts('s.id')}
    cross join lateral (
      select coalesce(json_agg(${message} order by m.seq), '[]') as messages, max(m.id) filter (
        where m.sender_type = '${other[viewer]}' and m.id > coalesce(by_${viewer}.delivered_up_to, 0)) as undelivered
      from (select * from chat_message where session_id = s.id order by seq desc limit ${NEWEST_MESSAGES}) m
    ) newest`
}

const selectForStore = Prisma.raw(selectSessions('store'))
const selectForAdmin = Prisma.raw(selectSessions('admin'))

/** Reads the active sessions of stores, as those see them, by store id. A store without one is not in the answer. */
export async function readActiveSessions(db: Statements, storeIds: number[]): Promise<Map<number, SessionView>> {
  const rows = await db.$queryRaw<SessionRow[]>(Prisma.sql`
    ${selectForStore} where s.store_id = any(${storeIds}::bigint[]) and s.status <> 'closed'`)
  return new Map(rows.map((row) => [Number(row.storeId), toView(row)]))
}

/** Reads any session as an admin sees it; whether that admin may is for the caller to decide. */
export async function readSessionForAdmin(db: Statements, sessionId: number): Promise<SessionView | undefined> {
  const [row] = await db.$queryRaw<SessionRow[]>(Prisma.sql`${selectForAdmin} where s.id = ${sessionId}`)
  return row && toView(row)
}

const toView = (row: SessionRow): SessionView => ({
  sessionId: Number(row.sessionId),
  storeId: Number(row.storeId),
  adminId: idOrNull(row.adminId),
  status: row.status,
  seq: Number(row.seq),
  json: row.json,
  undeliveredUpTo: idOrNull(row.undeliveredUpTo),
})
