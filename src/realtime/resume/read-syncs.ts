import { defineColumns } from '../../database/columns.js'
import type { Statements } from '../../database/database.js'
import { requireEpoch, type EpochExpressions } from '../../database/epoch.js'
import { batch } from '../../database/batch.js'
import { Prisma } from '../../generated/prisma/client.js'
import {
  joinReceipts,
  messageColumns,
  newestForeign,
  receiptExpressions,
  toMessage,
  type Receipts,
  holderOfMessage,
} from '../../database/rows/messages.js'
import { sessionExpressions, toSession, type SessionRow } from '../../database/rows/sessions.js'
import { isOnlooker } from '../../accounts/session-access.js'
import type { Account, Side } from '../../protocol/account.js'
import type { Message } from '../../protocol/schemas/messages.js'
import type { Session } from '../../protocol/schemas/sessions.js'

/** What an account asks for of a session. */
export interface SyncRequest {
  account: Pick<Account, 'side' | 'id' | 'role'>
  sessionId: number
  /** The last seq that it saw; null for the newest messages. */
  after: number | null
  /** The first seq that the socket was sent live; null where it was sent none. */
  before: number | null
  /** The epoch that `after` counts in; null where the client does not tell. */
  epoch: string | null
}

/** The answer to a request, and what the server needs to know of it. */
export interface Sync {
  answer: { session: Session; messages: Message[]; seq: number; complete: boolean; reset?: true }
  /** The newest seq of the session. */
  seq: number
  /** The newest message of the other side that is delivered by the answer. */
  newestForeignId: number | null
  /** How far the other side has received and read, as message ids. */
  deliveredUpTo: number
  readUpTo: number
}

interface SyncRow extends SessionRow, Receipts {
  place: number
  seq: number
  epoch: string | null
  isReset: boolean
  isComplete: boolean
  /** For `messageColumns.toRows`, in order. */
  messages: unknown[][]
}

const MESSAGES_PER_SYNC = 200
/** JSON bytes of a message beside its text, and of a character at most (an escape like `\\u0001`). */
const MESSAGE_BYTES = 500
const CHARACTER_BYTES = 6
/** So few that handling them does not block the event loop for long, whatever they contain. */
const SYNCS_PER_STATEMENT = 8
/** Most clients have missed little. Syncs of up to so many bytes are read together, so that a herd is served soon. */
const SMALL_SYNC_BYTES = 16_384
const SMALL_SYNCS_PER_STATEMENT = 64

/** SQL: whether the account `asked` may see the message `m` of the session `s`. */
const isVisible = `(asked.side = 'store' or asked.is_supervisor or s.admin_id is null or s.admin_id = asked.account_id
  or coalesce(${holderOfMessage}, asked.account_id) = asked.account_id)`

const isMissed = 'not state.is_reset and m.seq > asked.after and m.seq < coalesce(asked.before, m.seq + 1)'

/** SQL of the first messages, in an order, for which a condition holds: as many as fit into a sync. */
const firstMessages = (condition: string, order: 'asc' | 'desc') => `
  select m.*, row_number() over taken as place, sum(length(m.content) * ${CHARACTER_BYTES} + ${MESSAGE_BYTES}) over taken as bytes
  from (
    select * from chat_message m where m.session_id = s.id and ${condition} and ${isVisible}
    order by m.seq ${order} limit ${MESSAGES_PER_SYNC + 1}
  ) m window taken as (order by m.seq ${order})`

/**
 * Creates a function that reads what an account has missed of a session; concurrent requests share a statement. A request
 * with another epoch than the current one, or with a seq that the session has not reached, counts in a history that is
 * gone: its answer has `reset` and the newest messages. An admin who no longer holds the session gets its state, but not
 * the messages of others, unless it is a supervisor. The answer is undefined where the account may not see the session.
 *
 * A sync holds up to `mostBytes`, and at least one message. A larger one could exceed what may wait for a slow reader: the
 * reader would be cut, and get the same sync again on its next connection.
 */
export function createSyncReader(
  db: Statements,
  epoch: EpochExpressions,
  mostBytes: number,
): (request: SyncRequest) => Promise<Sync | undefined> {
  const readSmall = createReader(db, epoch, Math.min(SMALL_SYNC_BYTES, mostBytes), SMALL_SYNCS_PER_STATEMENT)
  const readLarge = createReader(db, epoch, mostBytes, SYNCS_PER_STATEMENT)
  return async (request) => {
    const sync = await readSmall(request)
    return sync?.answer.complete === false ? readLarge(request) : sync
  }
}

function createReader(db: Statements, epoch: EpochExpressions, mostBytes: number, mostTogether: number) {
  const columns = defineColumns<SyncRow>({
    ...sessionExpressions,
    ...receiptExpressions,
    place: 'asked.place',
    seq: 's.seq',
    epoch: 'present.epoch',
    isReset: 'state.is_reset',
    isComplete: 'found.is_complete',
    messages: 'found.messages',
  })
  const from = Prisma.raw(`
    cross join (select ${epoch.epoch} as epoch offset 0) present
    join chat_session s on s.id = asked.session_id and (asked.side = 'admin' or s.store_id = asked.account_id)
    ${joinReceipts('s.id')}
    cross join lateral (
      select coalesce(asked.after > s.seq, true) or coalesce(asked.epoch <> present.epoch, false) as is_reset
    ) state
    cross join lateral (
      select ${messageColumns.json} as messages, coalesce(count(*) = min(m.total), true) as is_complete
      from (
        select *, count(*) over () as total from (
          select * from (${firstMessages('state.is_reset', 'desc')}) newest
          union all
          select * from (${firstMessages(isMissed, 'asc')}) missed
        ) both_kinds
      ) m
      where m.place = 1 or (m.place <= ${MESSAGES_PER_SYNC} and m.bytes <= ${mostBytes})
    ) found`)

  return batch<SyncRequest, Sync | undefined>(async (requests) => {
    const asked = requests.map(({ account, sessionId, after, before, epoch }, place) => ({
      ...{ place, side: account.side, account_id: account.id, is_supervisor: account.role === 'supervisor' },
      ...{ session_id: sessionId, after, before, epoch },
    }))
    const rows = await columns.read(
      db,
      Prisma.sql`
      ${columns.select}
      from json_to_recordset(${JSON.stringify(asked)}::json) as asked(place int, side side, account_id bigint,
        is_supervisor boolean, session_id bigint, after bigint, before bigint, epoch text) ${from}`,
    )
    const byPlace = new Map(rows.map((row) => [row.place, row]))
    return requests.map((request, place) => {
      const row = byPlace.get(place)
      return row && toSync(row, request)
    })
  }, mostTogether)
}

function toSync(row: SyncRow, { account, before }: SyncRequest): Sync {
  requireEpoch(row.epoch)
  const { side } = account
  const inOrder = messageColumns.toRows(row.messages).toSorted((one, other) => one.id - other.id)
  const messages = inOrder.map((message) => toMessage(message, row))
  const seq = before === null || row.isReset ? row.seq : Math.min(row.seq, before - 1)
  const answer = { session: toSession(row), messages, seq, complete: row.isComplete }
  const { delivered, read } = receiptsOfOther(row, side)
  const isDelivered = !isOnlooker(account, { storeId: row.store_id, adminId: row.admin_id })
  return {
    answer: row.isReset ? { ...answer, reset: true } : answer,
    seq: row.seq,
    newestForeignId: isDelivered ? newestForeign(messages, side) : null,
    deliveredUpTo: delivered ?? 0,
    readUpTo: read ?? 0,
  }
}

const receiptsOfOther = (receipts: Receipts, side: Side) =>
  side === 'store'
    ? { delivered: receipts.deliveredToAdmin, read: receipts.readByAdmin }
    : { delivered: receipts.deliveredToStore, read: receipts.readByStore }
