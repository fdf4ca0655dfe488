import { defineColumns } from '../database/columns.js'
import type { Statements } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import {
  findUndelivered,
  joinReceipts,
  messageColumns,
  newestForeign,
  receiptExpressions,
  toMessage,
  unreceived,
  type Receipts,
} from '../database/rows/messages.js'
import type { FetchedMessages } from '../receipts/record-receipts.js'
import type { CachedMessages, MessageCache } from './message-cache.js'
import { sessionExpressions, storeRow, toSession, type SessionRow } from '../database/rows/sessions.js'
import type { Store } from '../protocol/schemas/accounts.js'
import { NEWEST_MESSAGES, type AdminSession } from '../protocol/schemas/sessions.js'

/** A session with its newest messages, as one side sees it. */
export interface SessionView<View> extends FetchedMessages {
  view: View
}

interface ViewRow extends SessionRow, Receipts {
  store: Store
  /** For `messageColumns.toRows`, newest first. */
  messages: unknown[][]
}

const viewExpressions = {
  ...sessionExpressions,
  ...receiptExpressions,
  store: storeRow,
  messages: 'newest.messages',
}

/** SQL of a session's newest messages, where a condition on the session holds. */
const joinNewest = (condition: string) => `
  cross join lateral (
    select ${messageColumns.json} as messages
    from (
      select * from chat_message where session_id = s.id and ${condition} order by seq desc limit ${NEWEST_MESSAGES}
    ) m
  ) newest`

const adminColumns = defineColumns<ViewRow>(viewExpressions)

/** Reads any session as an admin sees it; whether that admin may is for the caller to decide. */
export async function readSessionForAdmin(
  db: Statements,
  sessionId: number,
): Promise<SessionView<AdminSession> | undefined> {
  const [row] = await adminColumns.read(
    db,
    Prisma.sql`
    ${adminColumns.select} from chat_session s
    join store st on st.id = s.store_id ${Prisma.raw(joinReceipts('s.id') + joinNewest('true'))}
    where s.id = ${sessionId}`,
  )
  if (row === undefined) return undefined
  const messages = messageColumns.toRows(row.messages).reverse()
  const view = {
    ...toSession(row),
    store: row.store,
    messages: messages.map((message) => toMessage(message, row, 'admin')),
  }
  return { ...ownersOf(row), view, undeliveredUpTo: findUndelivered(messages, row, 'admin') }
}

/**
 * What the store is given as messages follows from this: a session's `seq` and `updated` change with each message, which
 * never changes itself, and how far a message has got follows from the receipts. `updated` tells the same seq apart when
 * PostgreSQL has been set back to an earlier state.
 */
const version = 'row(s.id, s.seq, s.updated, by_store.read_up_to, by_admin.delivered_up_to, by_admin.read_up_to)::text'

export interface StoreRow extends ViewRow {
  version: string
}

/** SQL of a StoreRow's fields behind `fromStore`. */
export const storeExpressions = { ...viewExpressions, version: 'told.version' }
const storeColumns = defineColumns<StoreRow & { isLarge: boolean }>({ ...storeExpressions, isLarge: 'size.is_large' })
/** SQL that joins what a store is given, with its newest messages where a condition holds. */
export const fromStore = (messageCondition: string) =>
  Prisma.raw(`
  join store st on st.id = s.store_id ${joinReceipts('s.id')}
  cross join lateral (select ${version} as version) told
  ${joinNewest(messageCondition)}`)

/** Bytes of text: converting so much at once would hold up the node, and the sessions that are read together with it. */
const LARGE_CONTENT = 524_288
const isLargeContent = `coalesce((
  select sum(octet_length(content)) > ${LARGE_CONTENT}
  from (select content from chat_message where session_id = s.id order by seq desc limit ${NEWEST_MESSAGES}) newest), false)`
/** Of a session that is not in the cache its size is asked first: the length of a text is known without reading it. */
const withNewMessages = (mayBeLarge: boolean) =>
  Prisma.sql`cross join lateral (
    select ${Prisma.raw(mayBeLarge ? 'false' : `known.version is null and ${isLargeContent}`)} as is_large) size
    ${fromStore('told.version is distinct from known.version and not size.is_large')}`
const withSmallMessages = withNewMessages(false)
const withAllMessages = withNewMessages(true)

/**
 * Reads the active sessions of stores, as those see them, by store id: the view as JSON. A store without one is not in the
 * answer. Messages that are remembered, and are still what there is to give, are not read again. With `onLarge`, a session
 * whose messages are too many to be read at once is not in the answer either, and `onLarge` is told.
 */
export async function readActiveSessions(
  db: Statements,
  storeIds: number[],
  memory?: MessageCache,
  onLarge?: (storeId: number) => void,
): Promise<Map<number, SessionView<string>>> {
  const remembered = new Map(storeIds.map((storeId) => [storeId, memory?.get(storeId)]))
  const versions = storeIds.map((storeId) => remembered.get(storeId)?.version ?? null)
  const rows = await storeColumns.read(
    db,
    Prisma.sql`
    ${storeColumns.select} from chat_session s
    left join unnest(${storeIds}::bigint[], ${versions}::text[]) as known(store_id, version)
      on known.store_id = s.store_id
    ${onLarge ? withSmallMessages : withAllMessages}
    where s.store_id = any(${storeIds}::bigint[]) and s.status <> 'closed'`,
  )
  for (const { isLarge, store_id } of rows) if (isLarge) onLarge?.(store_id)
  const whole = rows.filter(({ isLarge }) => !isLarge)
  return new Map(
    whole.map((row) => {
      const before = remembered.get(row.store_id)
      const given = before?.version === row.version ? before : give(row)
      if (given !== before) memory?.set(row.store_id, given)
      return [row.store_id, toStoreView(row, given)]
    }),
  )
}

function give(row: StoreRow): CachedMessages {
  const messages = messageColumns.toRows(row.messages).reverse()
  return {
    version: row.version,
    json: JSON.stringify(messages.map((message) => toMessage(message, row, 'store'))),
    newestForeignId: newestForeign(messages, 'store'),
  }
}

/** A store is shown itself only once the session is claimed. */
export function toStoreView(row: StoreRow, { json, newestForeignId }: CachedMessages): SessionView<string> {
  const head = JSON.stringify(row.status === 'open' ? toSession(row) : { ...toSession(row), store: row.store })
  return {
    ...ownersOf(row),
    view: `${head.slice(0, -1)},"messages":${json}}`,
    undeliveredUpTo: unreceived(newestForeignId, row.deliveredToStore),
  }
}

const ownersOf = ({ id, store_id, admin_id }: SessionRow) => ({ sessionId: id, storeId: store_id, adminId: admin_id })
