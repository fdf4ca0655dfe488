import { epochMs, toUtc } from '../../database/sql.js'
import { defineColumns } from '../../database/columns.js'
import { conflict, invalidInput } from '../../errors/request-error.js'
import { isUniqueViolation } from '../../database/failures.js'
import { Prisma } from '../../generated/prisma/client.js'
import type { Account } from '../../protocol/account.js'
import { MAX_SHORTCUT_LENGTH, type CannedReply } from '../../protocol/schemas/desk.js'

/** A row of canned_reply, times in milliseconds since the epoch. */
type CannedReplyRow = Omit<CannedReply, 'shared' | 'created' | 'updated'> & { created: number; updated: number }

/** The fields of a canned reply `c`. The statement must contain `joinUses`. */
export const cannedReplyColumns = defineColumns<CannedReplyRow>({
  id: 'c.id',
  admin_id: 'c.admin_id',
  shortcut: 'c.shortcut',
  content: 'c.content',
  uses: 'coalesce(used.uses, 0)',
  created: epochMs('c.created'),
  updated: epochMs('c.updated'),
})

/** SQL that joins how often an admin has used a canned reply `c`. */
export const joinUses = ({ id }: Account) => Prisma.sql`
  left join canned_reply_use used on used.canned_reply_id = c.id and used.admin_id = ${id}`

/** SQL: whether an admin may use the canned reply `c`: its own, or a shared one. */
export const usableBy = ({ id }: Account) => Prisma.sql`(c.admin_id is null or c.admin_id = ${id})`

/** SQL: whether an admin may change the canned reply `c`. */
export const writableBy = (admin: Account) =>
  admin.role === 'supervisor' ? usableBy(admin) : Prisma.sql`c.admin_id = ${admin.id}`

export const toCannedReply = (row: CannedReplyRow): CannedReply => ({
  ...row,
  shared: row.admin_id === null,
  created: toUtc(row.created),
  updated: toUtc(row.updated),
})

/**
 * Converts a shortcut to the one spelling in which it is stored.
 * @throws RequestError 400 small letters made it too long, which the schema cannot know
 */
export function normalizeShortcut(shortcut: string): string {
  const normalized = shortcut.normalize('NFC').toLowerCase()
  if (Array.from(normalized).length <= MAX_SHORTCUT_LENGTH) return normalized
  throw invalidInput([{ field: 'shortcut', message: `must NOT have more than ${MAX_SHORTCUT_LENGTH} characters` }])
}

/**
 * Maps the failure of a write to a refusal when the shortcut is taken.
 * @throws RequestError 409 the shortcut is taken, also by a concurrent write
 */
export async function refuseTakenShortcut<Result>(write: Promise<Result>): Promise<Result> {
  return write.catch((error: unknown) => {
    throw isUniqueViolation(error) ? conflict('The shortcut is taken') : error
  })
}
