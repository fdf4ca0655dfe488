import { rawOf, type Database } from '../../database/database.js'
import { forbidden, notFound } from '../../errors/request-error.js'
import { Prisma } from '../../generated/prisma/client.js'
import type { Account } from '../../protocol/account.js'
import type { CannedReply, CannedReplyInput } from '../../protocol/schemas/desk.js'
import {
  cannedReplyColumns,
  joinUses,
  normalizeShortcut,
  refuseTakenShortcut,
  toCannedReply,
  usableBy,
  writableBy,
} from './canned-reply.js'

const onlySupervisors = () => forbidden('Only a supervisor may write a shared canned reply')

/**
 * Creates a canned reply: an admin's own, or a shared one by a supervisor.
 * @throws RequestError 403 an agent shares it · 409 the shortcut is taken
 */
export async function createCannedReply(
  db: Database,
  admin: Account,
  { shortcut, content, shared = false }: CannedReplyInput,
): Promise<CannedReply> {
  if (shared && admin.role !== 'supervisor') throw onlySupervisors()
  const [row] = await refuseTakenShortcut(
    cannedReplyColumns.read(
      db,
      Prisma.sql`
      with c as (
        insert into canned_reply (admin_id, shortcut, content)
        values (${shared ? null : admin.id}, ${normalizeShortcut(shortcut)}, ${content})
        returning *
      )
      ${cannedReplyColumns.select} from c ${joinUses(admin)}`,
    ),
  )
  if (row === undefined) throw new Error('A canned reply was not stored')
  return toCannedReply(row)
}

/**
 * Replaces a canned reply. Without `shared` its owner stays.
 * @throws RequestError 403 an agent changes or creates a shared one · 404 · 409 the shortcut is taken
 */
export async function replaceCannedReply(
  db: Database,
  admin: Account,
  { id, shortcut, content, shared }: CannedReplyInput & { id: number },
): Promise<CannedReply> {
  if (shared === true && admin.role !== 'supervisor') throw onlySupervisors()
  const [row] = await refuseTakenShortcut(
    cannedReplyColumns.read(
      db,
      Prisma.sql`
      with c as (
        update canned_reply c set shortcut = ${normalizeShortcut(shortcut)}, content = ${content},
          updated = clock_timestamp(),
          admin_id = case ${shared ?? null}::boolean when true then null when false then ${admin.id}::bigint else c.admin_id end
        where c.id = ${id} and ${writableBy(admin)}
        returning *
      )
      ${cannedReplyColumns.select} from c ${joinUses(admin)}`,
    ),
  )
  if (row === undefined) throw await describeRefusal(db, admin, id)
  return toCannedReply(row)
}

/** @throws RequestError 403 an agent deletes a shared one · 404 */
export async function deleteCannedReply(db: Database, admin: Account, id: number): Promise<void> {
  const deleted = await rawOf(db).$executeRaw(Prisma.sql`
    delete from canned_reply c where c.id = ${id} and ${writableBy(admin)}`)
  if (deleted === 0) throw await describeRefusal(db, admin, id)
}

/** Canned replies of another admin are not found. */
async function describeRefusal(db: Database, admin: Account, id: number): Promise<Error> {
  const found = await rawOf(db).$queryRaw<{ found: number }[]>(Prisma.sql`
    select 1 as found from canned_reply c where c.id = ${id} and ${usableBy(admin)} and ${writableBy(admin)} is not true`)
  return found.length > 0 ? onlySupervisors() : notFound('Canned reply not found')
}
