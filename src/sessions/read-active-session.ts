import type { Statements } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import { messageJson } from '../messages/message.js'
import { NEWEST_MESSAGES, sessionJson, withStore } from './session.js'

export interface ActiveSession {
  storeId: number
  sessionId: number
  /** The session as the store gets it: finished JSON with its newest messages. */
  json: string
  /** The newest message in it that the store had not fetched before. */
  undeliveredUpTo: number | null
}

interface ActiveSessionRow {
  storeId: bigint
  sessionId: bigint
  json: string
  undeliveredUpTo: bigint | null
}

const messages = `'messages', newest.messages`

const selectActiveSessions = Prisma.raw(`
  select s.store_id as "storeId", s.id as "sessionId", newest.undelivered as "undeliveredUpTo",
    (case s.status when 'open' then ${sessionJson('s', messages)}
      else ${sessionJson('s', withStore('st'), messages)} end)::text as json
  from chat_session s
  join store st on st.id = s.store_id
  left join chat_receipt by_store on by_store.session_id = s.id and by_store.side = 'store'
  left join chat_receipt by_admin on by_admin.session_id = s.id and by_admin.side = 'admin'
  cross join lateral (
    select coalesce(json_agg(${messageJson('m', { store: 'by_store', admin: 'by_admin' }, 'store')} order by m.seq), '[]')
        as messages,
      max(m.id) filter (where m.sender_type = 'admin' and m.id > coalesce(by_store.delivered_up_to, 0)) as undelivered
    from (select * from chat_message where session_id = s.id order by seq desc limit ${NEWEST_MESSAGES}) m
  ) newest`)

/** Reads the active sessions of stores, by store id. A store without one is not in the answer. */
export async function readActiveSessions(db: Statements, storeIds: number[]): Promise<Map<number, ActiveSession>> {
  const rows = await db.$queryRaw<ActiveSessionRow[]>(Prisma.sql`
    ${selectActiveSessions} where s.store_id = any(${storeIds}::bigint[]) and s.status <> 'closed'`)
  return new Map(rows.map((row) => [Number(row.storeId), toActiveSession(row)]))
}

const toActiveSession = (row: ActiveSessionRow): ActiveSession => ({
  storeId: Number(row.storeId),
  sessionId: Number(row.sessionId),
  json: row.json,
  undeliveredUpTo: row.undeliveredUpTo === null ? null : Number(row.undeliveredUpTo),
})

/** Reads the active session of a store; concurrent reads may share a statement. */
export type ReadActiveSession = (storeId: number) => Promise<ActiveSession | undefined>
