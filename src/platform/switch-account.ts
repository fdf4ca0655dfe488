import { changeAccess, type AccessInput } from '../accounts/account-access.js'
import type { Database, Statements } from '../database/database.js'
import { notFound } from '../errors/request-error.js'
import { publishChange } from '../events/publish.js'
import type { Publisher } from '../events/publisher.js'
import { publishAccessChange } from '../events/revocations.js'
import type { Side } from '../protocol/account.js'
import { giveBackSessions } from '../sessions/give-back-sessions.js'

/** Dependencies that changes of accounts share. */
export interface PlatformDeps {
  db: Database
  pubsub: Publisher
}

/**
 * Changes the access of an account within a transaction. The sessions of an admin who is switched off are released in
 * the same transaction. Returns a function that publishes the changes; call it after the commit.
 * @throws RequestError 404 when there is no such account
 */
export async function switchAccount(
  tx: Statements,
  owner: { side: Side; id: number },
  input: AccessInput,
): Promise<(publisher: Publisher) => void> {
  const outcome = await changeAccess(tx, owner, input)
  if (outcome === undefined) throw notFound(`There is no ${owner.side} ${owner.id}`)
  if (outcome === 'unchanged') return () => undefined
  const { change, isSwitchedOff, revokedTokenIds } = outcome
  const released = isSwitchedOff && owner.side === 'admin' ? await giveBackSessions(tx, owner.id) : []
  return (publisher) => {
    publishAccessChange(publisher, change, revokedTokenIds)
    for (const session of released) publishChange(publisher, session)
  }
}

/**
 * Revokes the tokens of an account, and invalidates JWTs that were issued to it before now. It takes effect on every
 * node within a second.
 * @throws RequestError 404 when there is no such account
 */
export async function signOut({ db, pubsub }: PlatformDeps, owner: { side: Side; id: number }): Promise<void> {
  const publish = await db.prisma.$transaction((tx) => switchAccount(tx, owner, { signOut: true }))
  publish(pubsub)
}
