import type { Statements } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import { toSessionChange, type SessionChange } from '../database/rows/session-changes.js'
import { release, writeChanges } from './write-change.js'

/**
 * Gives all sessions that an admin holds back to the open ones, within a transaction that holds the admin's row and leaves
 * it switched off. Returns the changes, which are to be announced after the commit.
 */
export async function giveBackSessions(tx: Statements, adminId: number): Promise<SessionChange[]> {
  const held = Prisma.sql`admin_id = ${adminId} and status = 'claimed'`
  const rows = await writeChanges(tx, held, { ...release, guard: Prisma.sql`true` })
  return rows.map(toSessionChange)
}
