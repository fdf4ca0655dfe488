import { defineColumns } from '../../database/columns.js'
import { toSessionForAdmins } from '../../database/rows/session-details.js'
import { sessionExpressions, storeRow, type SessionRow } from '../../database/rows/sessions.js'
import { epochMs } from '../../database/sql.js'
import { invalidInput } from '../../errors/request-error.js'
import { publishSessionDetails } from '../../events/publish.js'
import { Prisma } from '../../generated/prisma/client.js'
import { readableBy, requireReader } from '../../accounts/session-access.js'
import type { Account } from '../../protocol/account.js'
import type { Store } from '../../protocol/schemas/accounts.js'
import type { SessionDetails, SessionForAdminsWithStore } from '../../protocol/schemas/desk.js'
import type { ReceiptDeps } from '../../receipts/record-receipts.js'
import { normalizeTags } from './tags.js'

/** The changes; a property that is absent stays as it is. */
export interface DetailsInput {
  session_id: number
  tags?: string[]
  priority?: number
}

/** The session, and the written details; null where the admin may not write. */
type WrittenRow = SessionRow & {
  store: Store
  tags: string[] | null
  priority: number | null
  changedAt: number | null
}

const columns = defineColumns<WrittenRow>({
  ...sessionExpressions,
  store: storeRow,
  tags: 'written.tags',
  priority: 'written.priority',
  changedAt: epochMs('written.changed_at'),
})

/**
 * Changes the tags or the priority of a session, as an admin who may read it. Of two concurrent changes the later one
 * wins, and both are published to all admins with times in that order. The session and its `updated` do not change, so
 * a store cannot notice it.
 * @throws RequestError 400 a tag is invalid, or nothing is to change · 403 another admin's · 404
 */
export async function updateDetails(
  { db, publisher }: ReceiptDeps,
  admin: Account,
  { session_id, tags, priority }: DetailsInput,
): Promise<SessionForAdminsWithStore> {
  if (tags === undefined && priority === undefined) {
    throw invalidInput([{ field: 'tags', message: 'or priority is required' }])
  }
  const newTags = tags === undefined ? null : normalizeTags(tags)
  const [row] = await columns.read(db, writeDetails(admin, session_id, newTags, priority ?? null))
  const found = requireReader(admin, row && { ...row, storeId: row.store_id, adminId: row.admin_id })
  const details: SessionDetails = { tags: found.tags ?? [], priority: found.priority ?? 0 }
  publishSessionDetails(publisher, { sessionId: session_id, ...details, changedAt: found.changedAt ?? 0 })
  return { ...toSessionForAdmins({ ...found, ...details }), store: found.store }
}

/**
 * The lock makes a change of the holder wait, so that the permission is checked against the current holder. Sends do
 * not wait for it: they skip a locked session, and are tried again.
 */
const writeDetails = (admin: Account, sessionId: number, tags: string[] | null, priority: number | null) => Prisma.sql`
  with s as materialized (
    select * from chat_session where id = ${sessionId} for share
  ), written as (
    insert into chat_session_details as d (session_id, tags, priority, status, holder_id)
    select s.id, coalesce(${tags}::text[], '{}'), coalesce(${priority}::smallint, 0), s.status, coalesce(s.admin_id, 0)
    from s where ${readableBy(admin)}
    on conflict (session_id) do update set tags = coalesce(${tags}::text[], d.tags),
      priority = coalesce(${priority}::smallint, d.priority),
      changed_at = greatest(clock_timestamp(), d.changed_at + interval '1 millisecond')
    returning tags, priority, changed_at
  )
  ${columns.select} from s join store st on st.id = s.store_id left join written on true`
