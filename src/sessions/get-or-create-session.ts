import type { Chat } from '../chat.js'
import type { Statements } from '../database/database.js'
import { unavailable } from '../errors.js'
import { Prisma } from '../generated/prisma/client.js'
import { announceChange } from '../realtime/announce.js'
import { readActiveSessions, type SessionView } from './read-session.js'
import { sessionJson } from './session.js'
import { changeColumns, toSessionChange, type SessionChange, type SessionChangeRow } from './session-change.js'

/** Each attempt fails only when the session was closed between two statements, so even a few are many. */
const ATTEMPTS = 50

/**
 * The one active session of a store: the one there is, or a new one. However many callers race on however many nodes,
 * they get the same session, and it is announced once.
 */
export async function getOrCreateSession(chat: Chat, storeId: number): Promise<SessionView<string>> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const session = (await chat.readActiveSession(storeId)) ?? (await shareCreation(chat, storeId))
    if (session) return session
  }
  throw unavailable()
}

async function shareCreation(chat: Chat, storeId: number): Promise<SessionView<string> | undefined> {
  const { creating } = chat
  let creation = creating.get(storeId)
  if (creation === undefined) {
    creation = createSession(chat, storeId).finally(() => creating.delete(storeId))
    creating.set(storeId, creation)
  }
  return creation
}

/** Undefined when another one was there first and was closed again before it could be read. */
async function createSession({ db, relay }: Chat, storeId: number): Promise<SessionView<string> | undefined> {
  const { created, session } = await db.$transaction(async (tx) => {
    const created = await insertSession(tx, storeId)
    const session = (await readActiveSessions(tx, [storeId])).get(storeId)
    return { created, session }
  })
  if (created) announceChange(relay, created)
  return session
}

/** Undefined when the store has an active session: the index chat_session_one_active decides. */
async function insertSession(tx: Statements, storeId: number): Promise<SessionChange | undefined> {
  const rows = await tx.$queryRaw<SessionChangeRow[]>(Prisma.sql`
    with created as (
      insert into chat_session (store_id) values (${storeId})
      on conflict (store_id) where status <> 'closed' do nothing
      returning *
    ), change as (
      insert into chat_session_change (session_id, seq, kind, session)
      select s.id, s.seq, 'create', ${Prisma.raw(sessionJson)} from created s
      returning *
    )
    select ${changeColumns}, s.store_id as "storeId", 0::bigint as "previousChangeSeq"
    from change join created s on s.id = change.session_id`)
  return rows[0] && toSessionChange(rows[0])
}
