import { forbidden, notFound } from '../errors/request-error.js'
import { Prisma } from '../generated/prisma/client.js'
import type { Account } from '../protocol/account.js'

/** The accounts that decide who may read a session. */
export interface SessionOwners {
  storeId: number
  adminId: number | null
}

/** Who reads; an admin's role decides how much. */
type Reader = Pick<Account, 'side' | 'id' | 'role'>

/** Whether the session is another admin's, now or, when it is closed, at its end. */
const isAnothers = ({ side, id }: Reader, { adminId }: SessionOwners) =>
  side === 'admin' && adminId !== null && adminId !== id

/**
 * Stores may read only their own sessions. Agents may read the sessions that they hold, or held last, and those that nobody
 * has held; supervisors may read all. For a store, the session of another store does not exist.
 * @throws RequestError 403 another admin's · 404
 */
export function requireReader<Session extends SessionOwners>(reader: Reader, session: Session | undefined): Session {
  if (session === undefined) throw notFound('Session not found')
  if (reader.side === 'store' && session.storeId !== reader.id) throw notFound('Session not found')
  if (isAnothers(reader, session) && reader.role !== 'supervisor') throw forbidden('Another admin holds this session')
  return session
}

/** The same as an answer. */
export const isReader = (reader: Reader, session: SessionOwners) =>
  reader.side === 'store' ? session.storeId === reader.id : reader.role === 'supervisor' || !isAnothers(reader, session)

/** SQL: whether an admin may read the session `s`, as `requireReader` decides. */
export const readableBy = ({ id, role }: Pick<Account, 'id' | 'role'>) =>
  role === 'supervisor' ? Prisma.sql`true` : Prisma.sql`(s.admin_id is null or s.admin_id = ${id})`

/**
 * Whether a reader only looks on: a supervisor at another admin's session. What it reads is not delivered by that, nor read
 * in the eyes of the store, which would otherwise wait for an answer of somebody who has not seen its message.
 */
export const isOnlooker = (reader: Reader, session: SessionOwners) =>
  reader.role === 'supervisor' && isAnothers(reader, session)
