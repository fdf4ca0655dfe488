import type { Account, Side } from '../accounts/authentication.js'
import type { Statements } from '../database/database.js'
import { defineColumns } from '../database/columns.js'
import { Prisma } from '../generated/prisma/client.js'
import {
  joinReceipts,
  messageColumns,
  messageExpressions,
  newestForeign,
  receiptExpressions,
  toMessage,
  type Message,
  type MessageRow,
  type Receipts,
} from '../messages/message.js'
import type { SessionChangeKind } from '../sessions/session-change.js'
import {
  readSessionJson,
  sessionExpressions,
  toSession,
  type Session,
  type SessionJson,
  type SessionRow,
} from '../sessions/session.js'
import { changeFrame, messageFrame, type DurableEvent } from './announce.js'

/** Of a message `m`: who held the session when it was sent. */
const holderOfMessage = `case m.sender_type when 'admin' then m.sender_id else m.holder_id end`
const EVENTS_PER_READ = 200

/** What has happened in a session after a seq. */
interface EventsRow extends Receipts {
  sessionId: number
  storeId: number
  after: number
  /** For `sentColumns.toRows` and `changedColumns.toRows`, both in order. */
  sent: unknown[][]
  changed: unknown[][]
}

interface SentRow extends MessageRow {
  seq: number
  holderId: number | null
}

interface ChangedRow {
  seq: number
  kind: SessionChangeKind
  holderId: number | null
  previousHolderId: number | null
  previousChangeSeq: number
  session: SessionJson
}

const sentColumns = defineColumns<SentRow>({ ...messageExpressions, seq: 'm.seq', holderId: holderOfMessage })
const changedColumns = defineColumns<ChangedRow>({
  seq: 'c.seq',
  kind: 'c.kind',
  holderId: 'c.admin_id',
  previousHolderId: 'c.previous_admin_id',
  previousChangeSeq: `(select coalesce(max(p.seq), 0) from chat_session_change p
    where p.session_id = c.session_id and p.seq < c.seq)`,
  session: 'c.session',
})
const eventsColumns = defineColumns<EventsRow>({
  ...receiptExpressions,
  sessionId: 's.id',
  storeId: 's.store_id',
  after: 'asked.after',
  sent: 'sent.messages',
  changed: 'changed.changes',
})

const missedOf = (table: string) =>
  `(select * from ${table} where session_id = s.id and seq > asked.after order by seq limit ${EVENTS_PER_READ})`
const fromMissed = Prisma.raw(`
  join chat_session s on s.id = asked.session_id ${joinReceipts('s.id')}
  cross join lateral (select ${sentColumns.json} as messages from ${missedOf('chat_message')} m) sent
  cross join lateral (select ${changedColumns.json} as changes from ${missedOf('chat_session_change')} c) changed`)

/** What has happened in sessions since a seq, oldest first, some or all of it and without gaps. Keys are `session:after`. */
export async function readEvents(db: Statements, keys: string[]): Promise<Map<string, DurableEvent[]>> {
  const asked = keys.map((key) => key.split(':').map(Number)).map(([session_id, after]) => ({ session_id, after }))
  const rows = await eventsColumns.read(
    db,
    Prisma.sql`
    ${eventsColumns.select}
    from json_to_recordset(${JSON.stringify(asked)}::json) as asked(session_id bigint, after bigint) ${fromMissed}`,
  )
  const events = new Map<string, DurableEvent[]>(keys.map((key) => [key, []]))
  for (const row of rows) events.set(`${row.sessionId}:${row.after}`, toEvents(row))
  return events
}

/** Both kinds are cut at their limit, so the later part may have holes; it is read by the next look. */
function toEvents(row: EventsRow): DurableEvent[] {
  const sent = sentColumns.toRows(row.sent).map((message) => toMessageEvent(row, message))
  const changed = changedColumns.toRows(row.changed).map((change) => toChangeEvent(row, change))
  const inOrder = [...sent, ...changed].toSorted((one, other) => one.seq - other.seq)
  const end = inOrder.findIndex(({ seq }, index) => seq !== row.after + index + 1)
  return inOrder.slice(0, end < 0 ? undefined : end).map(({ event }) => event)
}

function toMessageEvent(row: EventsRow, sent: SentRow): { seq: number; event: DurableEvent } {
  const { sessionId, storeId } = row
  const { id: messageId, sender_type: senderType, seq, holderId } = sent
  const message = { sessionId, storeId, holderId, seq, messageId, senderType }
  return { seq, event: { message, frame: messageFrame(seq, toMessage(sent, row)) } }
}

function toChangeEvent({ sessionId, storeId }: EventsRow, changed: ChangedRow): { seq: number; event: DurableEvent } {
  const { session, ...facts } = changed
  const change = { ...facts, sessionId, storeId }
  return { seq: changed.seq, event: { change, frame: changeFrame(changed.seq, readSessionJson(session)) } }
}

/** What a resume is answered with, and how far the session goes. */
export interface Sync {
  seq: number
  answer: { session: Session; messages: Message[]; seq: number; complete: boolean }
  /** The newest message of the other side in it. */
  newestForeignId: number | null
  /** How far the other side has received and read. */
  deliveredUpTo: number
  readUpTo: number
}

interface SyncRow extends SessionRow, Receipts {
  seq: number
  /** For `messageColumns.toRows`, in order. */
  messages: unknown[][]
}

const syncColumns = defineColumns<SyncRow>({
  ...sessionExpressions,
  ...receiptExpressions,
  seq: 's.seq',
  messages: 'missed.messages',
})

const MESSAGES_PER_SYNC = 200

/**
 * All that an account has missed of a session after a seq, and before the seq from which it was told live: its `seq` goes
 * no further, as what lies beyond may still be on its way to the socket. An admin who does not hold it any more is told
 * how it stands, but not what others wrote in it. Undefined when the account may not know of the session.
 */
export async function readSync(
  db: Statements,
  account: Account,
  missed: { sessionId: number; after: number; before: number },
): Promise<Sync | undefined> {
  const { sessionId, after, before } = missed
  const isAllowed = account.side === 'store' ? Prisma.sql`s.store_id = ${account.id}` : Prisma.sql`true`
  const isVisible =
    account.side === 'store'
      ? Prisma.sql`true`
      : Prisma.sql`(s.admin_id is null or s.admin_id = ${account.id}
          or coalesce(${Prisma.raw(holderOfMessage)}, ${account.id}) = ${account.id})`
  const [row] = await syncColumns.read(
    db,
    Prisma.sql`
    ${syncColumns.select}
    from chat_session s ${Prisma.raw(joinReceipts('s.id'))}
    cross join lateral (
      select ${Prisma.raw(messageColumns.json)} as messages
      from (
        select * from chat_message m
        where m.session_id = s.id and m.seq > ${after} and m.seq < ${before} and ${isVisible}
        order by m.seq limit ${MESSAGES_PER_SYNC + 1}
      ) m
    ) missed
    where s.id = ${sessionId} and ${isAllowed}`,
  )
  return row && toSync(row, account.side, before)
}

function toSync(row: SyncRow, side: Side, before: number): Sync {
  const found = messageColumns.toRows(row.messages)
  const messages = found.slice(0, MESSAGES_PER_SYNC).map((message) => toMessage(message, row))
  const seq = Math.min(row.seq, before - 1)
  const [delivered, read] =
    side === 'store' ? [row.deliveredToAdmin, row.readByAdmin] : [row.deliveredToStore, row.readByStore]
  return {
    seq: row.seq,
    answer: { session: toSession(row), messages, seq, complete: found.length <= MESSAGES_PER_SYNC },
    newestForeignId: newestForeign(messages, side),
    deliveredUpTo: delivered ?? 0,
    readUpTo: read ?? 0,
  }
}

export type ReadySession = Session & { seq: number }

const readyColumns = defineColumns<SessionRow & { seq: number }>({ ...sessionExpressions, seq: 's.seq' })

/** The active sessions of stores as `ready` gives them, with their seq, by store id. */
export async function readReadySessions(db: Statements, storeIds: number[]): Promise<Map<number, ReadySession>> {
  const rows = await readyColumns.read(
    db,
    Prisma.sql`
    ${readyColumns.select} from chat_session s where s.store_id = any(${storeIds}::bigint[]) and s.status <> 'closed'`,
  )
  return new Map(rows.map((row) => [row.store_id, { ...toSession(row), seq: row.seq }]))
}

/** Whether a session was made after a moment of the database's clock. */
export async function wasCreatedSince(db: Statements, sessionId: number, moment: Date): Promise<boolean> {
  const [row] = await db.$queryRaw<{ isNew: boolean }[]>(Prisma.sql`
    select created >= ${moment} as "isNew" from chat_session where id = ${sessionId}`)
  return row?.isNew === true
}

/** A moment of the database's clock, in milliseconds since the epoch. */
export async function readDatabaseClock(db: Statements): Promise<number> {
  const [row] = await db.$queryRaw<{ now: Date }[]>(Prisma.sql`select clock_timestamp() as now`)
  return row?.now.getTime() ?? Date.now()
}
