import type { Account } from '../accounts/authentication.js'
import type { Chat } from '../chat.js'
import { invalidInput, notFound } from '../errors.js'
import { idOrNull } from '../database/sql.js'
import { Prisma } from '../generated/prisma/client.js'
import { PAGE_SIZE } from '../paging.js'
import { requireReader } from '../sessions/access.js'
import { joinReceipts, messageJson } from './message.js'
import { confirmDelivery } from './receipts.js'

/** Which page of a session's messages: the newest, those before a message, or those after one. */
export interface Page {
  session_id?: number
  before?: number
  after?: number
  limit?: number
}

interface PageRow {
  sessionId: bigint
  storeId: bigint
  adminId: bigint | null
  before: bigint | null
  after: bigint | null
  count: bigint
  undeliveredUpTo: bigint | null
  messages: string
}

/**
 * A page of a session's messages, oldest first, as JSON `{data, has_more}`; `has_more` looks in the direction of paging.
 * A store that names no session means its active one.
 * @throws RequestError 400 unknown cursor · 403 another admin's · 404
 */
export async function readMessages(chat: Chat, reader: Account, page: Page): Promise<string> {
  const row = await readPage(chat, reader, page)
  if (row === undefined) throw notFound('Session not found')
  const owners = { storeId: Number(row.storeId), adminId: idOrNull(row.adminId) }
  requireReader(reader, owners)
  for (const cursor of ['before', 'after'] as const) {
    if (page[cursor] !== undefined && row[cursor] === null) {
      throw invalidInput([{ field: cursor, message: 'is not a message of this session' }])
    }
  }
  await confirmDelivery(chat, reader.side, {
    sessionId: Number(row.sessionId),
    ...owners,
    undeliveredUpTo: idOrNull(row.undeliveredUpTo),
  })
  return `{"data":${row.messages},"has_more":${row.count > (page.limit ?? PAGE_SIZE)}}`
}

async function readPage({ db }: Chat, reader: Account, page: Page): Promise<PageRow | undefined> {
  const { session_id, before, after, limit = PAGE_SIZE } = page
  const which =
    session_id === undefined
      ? Prisma.sql`s.store_id = ${reader.id} and s.status <> 'closed'`
      : Prisma.sql`s.id = ${session_id}`
  const direction = after === undefined ? Prisma.raw('desc') : Prisma.raw('asc')
  const seqOf = (id: number | undefined) =>
    id === undefined
      ? Prisma.sql`null::bigint`
      : Prisma.sql`(select seq from chat_message where id = ${id} and session_id = s.id)`
  const message = Prisma.raw(messageJson('m', reader.side))
  const [row] = await db.$queryRaw<PageRow[]>(Prisma.sql`
    select s.id as "sessionId", s.store_id as "storeId", s.admin_id as "adminId",
      bounds.before, bounds.after, page.count, page.undelivered as "undeliveredUpTo", page.messages
    from chat_session s
    cross join lateral (select ${seqOf(before)} as before, ${seqOf(after)} as after) bounds ${Prisma.raw(joinReceipts('s.id'))}
    cross join lateral (
      select max(m.found) as count,
        coalesce(json_agg(${message} order by m.seq) filter (where m.place <= ${limit}), '[]')::text as messages,
        max(m.id) filter (where m.place <= ${limit} and m.sender_type <> ${reader.side}::side
          and m.id > coalesce(${Prisma.raw(`by_${reader.side}`)}.delivered_up_to, 0)) as undelivered
      from (
        select *, row_number() over (order by seq ${direction}) as place, count(*) over () as found
        from (
          select * from chat_message
          where session_id = s.id and seq < coalesce(bounds.before, 9223372036854775807)
            and seq > coalesce(bounds.after, 0)
          order by seq ${direction} limit ${limit + 1}
        ) newest
      ) m
    ) page
    where ${which}`)
  return row
}
