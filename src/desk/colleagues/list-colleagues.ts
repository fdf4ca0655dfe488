import { rawOf, type Database } from '../../database/database.js'
import { Prisma } from '../../generated/prisma/client.js'
import type { AdminRole } from '../../protocol/account.js'
import type { Colleague } from '../../protocol/schemas/desk.js'

/** Presence is leased: a node that has not been seen for this long is dead, and so are its sockets. */
const isAlive = Prisma.sql`n.seen_at > clock_timestamp() - interval '30 seconds'`

/** Lists the active admins by name, with the number of sessions that each holds. */
export async function listColleagues(db: Database): Promise<Colleague[]> {
  const rows = await rawOf(db).$queryRaw<
    { id: bigint; name: string; role: AdminRole; online: boolean; held: bigint }[]
  >(Prisma.sql`
    select a.id, a.name, a.role::text, exists (
        select from online o join chat_node n on n.id = o.node_id
        where o.side = 'admin' and o.account_id = a.id and ${isAlive}) as online,
      (select count(*) from chat_session s where s.status = 'claimed' and s.admin_id = a.id) as held
    from admin a where a.active order by a.name, a.id`)
  return rows.map(({ id, held, ...colleague }) => ({ id: Number(id), ...colleague, held: Number(held) }))
}
