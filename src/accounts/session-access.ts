import { forbidden, notFound } from '../errors/request-error.js'
import type { Account } from '../protocol/account.js'

/** What decides who may see a session. */
export interface SessionOwners {
  storeId: number
  adminId: number | null
}

/**
 * Lets a store at its own sessions, and an admin at those it holds or held last and those that nobody did. To a store,
 * another's session does not exist.
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
