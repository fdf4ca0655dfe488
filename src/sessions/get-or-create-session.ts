import type { Transaction } from '../database/database.js'
import type { ReceiptDeps } from '../receipts/record-receipts.js'
import type { ActiveSessionReader } from './active-session-reader.js'
import { unavailable } from '../errors/request-error.js'
import { Prisma } from '../generated/prisma/client.js'
import { publishChange } from '../events/publish.js'
import { readActiveSessions, type EncodedSession, type SessionView } from './read-session.js'
import { sessionJson } from '../database/rows/sessions.js'
import {
  changeColumns,
  toSessionChange,
  type SessionChange,
  type SessionChangeRow,
} from '../database/rows/session-changes.js'

/** What operations on sessions need. One object serves a whole node. */
export interface SessionDeps extends ReceiptDeps {
  activeSessions: ActiveSessionReader
  /** Sessions that this node is creating, by store id: concurrent requests of a store share one transaction. */
  creations: Map<number, Promise<SessionView<EncodedSession> | undefined>>
}

/** An attempt fails only when the session was closed between two statements. */
const ATTEMPTS = 50

/**
 * Returns the one active session of a store, and creates it if there is none. However many callers race on however many
 * nodes, they get the same session, and it is published once.
 */
export async function getOrCreateSession(deps: SessionDeps, storeId: number): Promise<SessionView<EncodedSession>> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const session = (await deps.activeSessions.read(storeId)) ?? (await shareCreation(deps, storeId))
    if (session) return session
  }
  throw unavailable()
}

async function shareCreation(deps: SessionDeps, storeId: number): Promise<SessionView<EncodedSession> | undefined> {
  const { creations } = deps
  let creation = creations.get(storeId)
  if (creation === undefined) {
    creation = createSession(deps, storeId).finally(() => creations.delete(storeId))
    creations.set(storeId, creation)
  }
  return creation
}

/** Returns undefined when another session was created first and closed again before it was read. */
async function createSession(
  { db, publisher }: SessionDeps,
  storeId: number,
): Promise<SessionView<EncodedSession> | undefined> {
  const { created, session } = await db.prisma.$transaction(async (tx) => {
    const created = await insertSession(tx, storeId)
    const session = (await readActiveSessions(tx, [storeId])).get(storeId)
    return { created, session }
  })
  if (created) publishChange(publisher, created)
  return session
}

/** Returns undefined when the store has an active session: the index chat_session_one_active decides. */
async function insertSession(tx: Transaction, storeId: number): Promise<SessionChange | undefined> {
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
