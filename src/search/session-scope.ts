import { readableBy } from '../accounts/session-access.js'
import { readText, type ReadPool } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import type { Account } from '../protocol/account.js'

/** Up to so many, the sessions are named to the index of the search; else it is asked for all and they are filtered. */
const MOST_NAMED = 300

export interface ScopeInput {
  admin: Pick<Account, 'id' | 'role'>
  storeId?: number
}

/** SQL: whether an admin may read the session `s`, and whether it is the store's. */
export function createScope({ admin, storeId }: ScopeInput): Prisma.Sql {
  return storeId === undefined ? readableBy(admin) : Prisma.sql`s.store_id = ${storeId} and ${readableBy(admin)}`
}

/** Reads the ids of the sessions in scope when they are few; undefined when they are many. */
export async function readFewSessions(db: ReadPool, input: ScopeInput): Promise<number[] | undefined> {
  const { admin, storeId } = input
  if (storeId === undefined && admin.role === 'supervisor') return undefined
  const from =
    storeId === undefined
      ? readableParts(admin.id)
      : Prisma.sql`select id from chat_session s where ${createScope(input)}`
  const text = await readText(
    db,
    Prisma.sql`select coalesce(json_agg(id), '[]')::text from (${from} limit ${MOST_NAMED + 1}) few`,
  )
  const ids = JSON.parse(text ?? '[]') as number[]
  return ids.length > MOST_NAMED ? undefined : ids
}

/** Each part has an index. */
function readableParts(adminId: number): Prisma.Sql {
  const parts = [
    Prisma.sql`status = 'open'`,
    Prisma.sql`status = 'claimed' and admin_id = ${adminId}`,
    Prisma.sql`status = 'closed' and admin_id = ${adminId}`,
    Prisma.sql`status = 'closed' and admin_id is null`,
  ].map((which) => Prisma.sql`(select id from chat_session where ${which} limit ${MOST_NAMED + 1})`)
  return Prisma.join(parts, ' union all ')
}
