import type { Database } from '../../database/database.js'
import { Prisma } from '../../generated/prisma/client.js'
import type { Account } from '../../protocol/account.js'
import type { CannedReply } from '../../protocol/schemas/desk.js'
import { PAGE_SIZE } from '../../protocol/schemas/paging.js'
import { cannedReplyColumns, joinUses, toCannedReply, usableBy } from './canned-reply.js'

/**
 * Lists the canned replies of an admin and the shared ones: most used by the admin first, then by shortcut. With `q`,
 * only those whose shortcut or text contains it, in any case.
 */
export async function listCannedReplies(
  db: Database,
  admin: Account,
  { q = '', limit = PAGE_SIZE }: { q?: string; limit?: number },
): Promise<CannedReply[]> {
  const rows = await cannedReplyColumns.read(
    db,
    Prisma.sql`
    ${cannedReplyColumns.select} from (
      select c.* from canned_reply c ${joinUses(admin)}
      where ${usableBy(admin)} and (${q} = '' or strpos(lower(c.shortcut || chr(10) || c.content), lower(${q})) > 0)
      order by coalesce(used.uses, 0) desc, c.shortcut, c.id limit ${limit}
    ) c ${joinUses(admin)}`,
  )
  const byShortcut = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)
  return rows
    .toSorted((one, other) => other.uses - one.uses || byShortcut(one.shortcut, other.shortcut) || one.id - other.id)
    .map(toCannedReply)
}
