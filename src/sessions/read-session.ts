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
import { joinRating, ratingExpression, toRating, type RatingRow } from '../database/rows/ratings.js'
import { detailExpressions, joinDetails, toSessionForAdmins } from '../database/rows/session-details.js'
import { isOnlooker } from '../accounts/session-access.js'
import { TextParts } from '../limits/text-stream.js'
import type { Account } from '../protocol/account.js'
import type { Store } from '../protocol/schemas/accounts.js'
import { NEWEST_MESSAGES } from '../protocol/schemas/sessions.js'
import type { AdminSession, SessionDetails } from '../protocol/schemas/desk.js'

/** A session with its newest messages, as one side sees it. */
export interface SessionView<View> extends FetchedMessages {
  view: View
}

/** A session as JSON: in parts when it is large. */
export type EncodedSession = string | TextParts

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

const adminColumns = defineColumns<ViewRow & SessionDetails & { rating: RatingRow | null }>({
  ...viewExpressions,
  ...detailExpressions,
  rating: ratingExpression,
})
const fromAdmin = Prisma.raw(`join store st on st.id = s.store_id ${joinReceipts('s.id')} ${joinDetails} ${joinRating}
  ${joinNewest('true')}`)

/** Reads any session as an admin sees it. The caller checks whether that admin may. */
export async function readSessionForAdmin(
  db: Statements,
  reader: Account,
  sessionId: number,
): Promise<SessionView<AdminSession> | undefined> {
  const [row] = await adminColumns.read(
    db,
    Prisma.sql`
    ${adminColumns.select} from chat_session s
    ${fromAdmin} where s.id = ${sessionId}`,
  )
  if (row === undefined) return undefined
  const messages = messageColumns.toRows(row.messages).reverse()
  const viewer = isOnlooker(reader, ownersOf(row)) ? undefined : 'admin'
  const view = {
    ...toSessionForAdmins(row),
    store: row.store,
    messages: messages.map((message) => toMessage(message, row, viewer)),
    rating: row.rating && toRating(row.rating),
  }
  return { ...ownersOf(row), view, undeliveredUpTo: viewer ? findUndelivered(messages, row, viewer) : null }
}

/**
 * Identifies what a store gets as messages: messages are immutable, `seq` and `updated` of a session change with each new
 * one, and their status follows from the receipts. `updated` distinguishes equal seqs after the database was set back.
 */
const version = 'row(s.id, s.seq, s.updated, by_store.read_up_to, by_admin.delivered_up_to, by_admin.read_up_to)::text'

export interface StoreRow extends ViewRow {
  version: string
}

/** SQL of a StoreRow's fields behind `fromStore`. */
export const storeExpressions = { ...viewExpressions, version: 'told.version' }
const storeColumns = defineColumns<StoreRow & { isLarge: boolean }>({ ...storeExpressions, isLarge: 'size.is_large' })
/** SQL of the joins for a store's view, with the newest messages where a condition holds. */
export const fromStore = (messageCondition: string) =>
  Prisma.raw(`
  join store st on st.id = s.store_id ${joinReceipts('s.id')}
  cross join lateral (select ${version} as version) told
  ${joinNewest(messageCondition)}`)

/** Bytes of text. Converting more at once would block the node, and delay the sessions that are read in the same batch. */
const LARGE_CONTENT = 524_288
const isLargeContent = `coalesce((
  select sum(octet_length(content)) > ${LARGE_CONTENT}
  from (select content from chat_message where session_id = s.id order by seq desc limit ${NEWEST_MESSAGES}) newest), false)`
/**
 * For a session that is not cached, the size is checked first: PostgreSQL knows the length of a text without reading it.
 */
const withNewMessages = (mayBeLarge: boolean) =>
  Prisma.sql`cross join lateral (
    select ${Prisma.raw(mayBeLarge ? 'false' : `known.version is null and ${isLargeContent}`)} as is_large) size
    ${fromStore('told.version is distinct from known.version and not size.is_large')}`
const withSmallMessages = withNewMessages(false)
const withAllMessages = withNewMessages(true)

/**
 * Reads the active sessions of stores as they see them, as JSON, by store id. A store without an active session is not in
 * the answer. Cached messages whose version is current are not read again. With `onLarge`, a session that is too large to
 * be read at once is not in the answer, and `onLarge` is called.
 */
export async function readActiveSessions(
  db: Statements,
  storeIds: number[],
  cache?: MessageCache,
  onLarge?: (storeId: number) => void,
): Promise<Map<number, SessionView<EncodedSession>>> {
  const cached = new Map(storeIds.map((storeId) => [storeId, cache?.get(storeId)]))
  const versions = storeIds.map((storeId) => cached.get(storeId)?.version ?? null)
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
      const before = cached.get(row.store_id)
      const newest = before?.version === row.version ? before : toCachedMessages(row)
      if (newest !== before) cache?.set(row.store_id, newest)
      return [row.store_id, toStoreView(row, newest)]
    }),
  )
}

function toCachedMessages(row: StoreRow): CachedMessages {
  const messages = messageColumns.toRows(row.messages).reverse()
  return {
    version: row.version,
    json: JSON.stringify(messages.map((message) => toMessage(message, row, 'store'))),
    newestForeignId: newestForeign(messages, 'store'),
  }
}

/** The view contains `store` only once the session is claimed. */
export function toStoreView(row: StoreRow, { json, newestForeignId }: CachedMessages): SessionView<EncodedSession> {
  const whole = JSON.stringify(row.status === 'open' ? toSession(row) : { ...toSession(row), store: row.store })
  const head = `${whole.slice(0, -1)},"messages":`
  return {
    ...ownersOf(row),
    view:
      typeof json === 'string'
        ? `${head}${json}}`
        : new TextParts([Buffer.from(head), ...json.parts, Buffer.from('}')]),
    undeliveredUpTo: unreceived(newestForeignId, row.deliveredToStore),
  }
}

const ownersOf = ({ id, store_id, admin_id }: SessionRow) => ({ sessionId: id, storeId: store_id, adminId: admin_id })
