import { defineColumns } from '../../database/columns.js'
import type { Database } from '../../database/database.js'
import { notFound } from '../../errors/request-error.js'
import { Prisma } from '../../generated/prisma/client.js'
import { readableBy, requireReader } from '../../accounts/session-access.js'
import type { Account } from '../../protocol/account.js'
import { usableBy } from './canned-reply.js'

interface UsedRow {
  storeId: number
  adminId: number | null
  storeName: string
  adminName: string
  /** null: there is no such canned reply. */
  content: string | null
}

const columns = defineColumns<UsedRow>({
  storeId: 's.store_id',
  adminId: 's.admin_id',
  storeName: 'st.name',
  adminName: 'author.name',
  content: 'c.content',
})

/**
 * Returns the text of a canned reply for a session that the admin may read, and counts one use. The lock makes a
 * deletion wait, because the counted use refers to the canned reply. After a deletion the canned reply is not found.
 * @throws RequestError 403 another admin's session · 404 no such session or canned reply
 */
export async function useCannedReply(
  db: Database,
  admin: Account,
  { id, sessionId }: { id: number; sessionId: number },
): Promise<string> {
  const [row] = await columns.read(
    db,
    Prisma.sql`
    with s as materialized (
      select s.* from chat_session s where s.id = ${sessionId}
    ), c as materialized (
      select c.* from canned_reply c where c.id = ${id} and ${usableBy(admin)} for key share
    ), used as (
      insert into canned_reply_use as u (canned_reply_id, admin_id, uses)
      select c.id, ${admin.id}::bigint, 1 from c cross join s where ${readableBy(admin)}
      on conflict (canned_reply_id, admin_id) do update set uses = u.uses + 1
    )
    ${columns.select} from s join store st on st.id = s.store_id
    join admin author on author.id = ${admin.id} left join c on true`,
  )
  const { content, storeName, adminName } = requireReader(admin, row)
  if (content === null) throw notFound('Canned reply not found')
  return fillIn(content, { 'store.name': storeName, 'admin.name': adminName })
}

/**
 * Replaces placeholders by plain text, in one pass: a placeholder within a name is not replaced. Unknown placeholders
 * stay.
 */
export const fillIn = (content: string, values: Record<'store.name' | 'admin.name', string>): string =>
  content.replaceAll(/\{\{\s*(store\.name|admin\.name)\s*\}\}/g, (_, name: keyof typeof values) => values[name])
