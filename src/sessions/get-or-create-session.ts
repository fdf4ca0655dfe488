import type { Database } from '../database/database.js'
import { unavailable } from '../errors.js'
import { Prisma } from '../generated/prisma/client.js'
import { announce } from '../realtime/announce.js'
import type { Relay } from '../realtime/relay.js'
import { readActiveSessions, type ActiveSession, type ReadActiveSession } from './read-active-session.js'
import { sessionJson } from './session.js'
import { toSessionChange, type SessionChange, type SessionChangeRow } from './session-change.js'

/** Each attempt fails only when the session was closed between two statements, so even a few are many. */
const ATTEMPTS = 20

/** What get-or-create needs of its node. */
export interface SessionRoom {
  db: Database
  relay: Relay
  readActiveSession: ReadActiveSession
  /** Creations under way on this node, by store: a crowd asking for one store shares one transaction. */
  creating: Map<number, Promise<ActiveSession | undefined>>
}

/**
 * The one active session of a store: the one there is, or a new one. However many callers race on however many nodes,
 * they get the same session, and it is announced once.
 */
export async function getOrCreateSession(room: SessionRoom, storeId: number): Promise<ActiveSession> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const session = (await room.readActiveSession(storeId)) ?? (await shareCreation(room, storeId))
    if (session) return session
  }
  throw unavailable()
}

async function shareCreation(room: SessionRoom, storeId: number): Promise<ActiveSession | undefined> {
  const { creating } = room
  let creation = creating.get(storeId)
  if (creation === undefined) {
    creation = createSession(room, storeId).finally(() => creating.delete(storeId))
    creating.set(storeId, creation)
  }
  return creation
}

/** Undefined when another one was there first and was closed again before it could be read. */
async function createSession({ db, relay }: SessionRoom, storeId: number): Promise<ActiveSession | undefined> {
  const { created, session } = await db.$transaction(async (tx) => {
    const created = await insertSession(tx, storeId)
    const session = (await readActiveSessions(tx, [storeId])).get(storeId)
    return { created, session }
  })
  if (created) announce(relay, created)
  return session
}

/** Undefined when the store has an active session: the index chat_session_one_active decides. */
async function insertSession(tx: Pick<Database, '$queryRaw'>, storeId: number): Promise<SessionChange | undefined> {
  const rows = await tx.$queryRaw<SessionChangeRow[]>(Prisma.sql`
    with created as (
      insert into chat_session (store_id) values (${storeId})
      on conflict (store_id) where status <> 'closed' do nothing
      returning *
    )
    insert into chat_session_change (session_id, seq, kind, session)
    select s.id, s.seq, 'create', ${Prisma.raw(sessionJson('s'))} from created s
    returning kind::text, session_id as "sessionId", ${storeId}::bigint as "storeId", seq, 0::bigint as "previousChangeSeq",
      admin_id as "adminId", previous_admin_id as "previousAdminId", session::text as json`)
  return rows[0] && toSessionChange(rows[0])
}
