import { forbidden, notFound } from '../errors/request-error.js'
import type { Account } from '../protocol/account.js'

/** The accounts that decide who may read a session. */
export interface SessionOwners {
  storeId: number
  adminId: number | null
}

/**
 * Stores may read only their own sessions. Admins may read the sessions that they hold, or held last, and those that nobody
 * has held. For a store, the session of another store does not exist.
 * @throws RequestError 403 another admin's · 404
 */
export function requireReader<Session extends SessionOwners>(account: Account, session: Session | undefined): Session {
  if (session === undefined) throw notFound('Session not found')
  if (account.side === 'store' && session.storeId !== account.id) throw notFound('Session not found')
  if (account.side === 'admin' && session.adminId !== null && session.adminId !== account.id) {
    throw forbidden('Another admin holds this session')
  }
  return session
}
