import type { Side } from '../accounts/authentication.js'
import type { Statements } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'

/** How far a side has got in a session: up to which message everything of the other side was delivered or read. */
export interface Receipt {
  sessionId: number
  side: Side
  upToMessageId: number
}

/** Notes that a side has received a session's messages up to one. Returns false when that was known; never goes back. */
export async function markDelivered(db: Statements, { sessionId, side, upToMessageId }: Receipt): Promise<boolean> {
  const changed = await db.$executeRaw(Prisma.sql`
    insert into chat_receipt as r (session_id, side, delivered_up_to)
    values (${sessionId}, ${side}::side, ${upToMessageId})
    on conflict (session_id, side) do update set delivered_up_to = excluded.delivered_up_to
      where r.delivered_up_to < excluded.delivered_up_to`)
  return changed > 0
}
