import { rawOf, type Statements } from '../../database/database.js'
import { defineColumns } from '../../database/columns.js'
import { Prisma } from '../../generated/prisma/client.js'
import {
  joinReceipts,
  messageExpressions,
  receiptExpressions,
  toMessage,
  type MessageRow,
  type Receipts,
  holderOfMessage,
} from '../../database/rows/messages.js'
import type { SessionChangeKind } from '../../database/rows/session-changes.js'
import { readSessionJson, type SessionJson } from '../../database/rows/sessions.js'
import { commitTimesOf } from '../positions/session-positions.js'
import type { MissedEvents } from '../positions/position.js'
import type { DurableEvent } from '../../events/events.js'
import { changeFrame, messageFrame } from '../../events/event-frames.js'
const EVENTS_PER_READ = 200

/** The durable events of a session after a seq. */
interface EventsRow extends Receipts {
  sessionId: number
  storeId: number
  after: number
  lastAt: (number | null)[]
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
  lastAt: commitTimesOf('s.id', 'asked.after'),
  sent: 'sent.messages',
  changed: 'changed.changes',
})

const missedOf = (table: string) =>
  `(select * from ${table} where session_id = s.id and seq > asked.after order by seq limit ${EVENTS_PER_READ})`
const fromMissed = Prisma.raw(`
  join chat_session s on s.id = asked.session_id ${joinReceipts('s.id')}
  cross join lateral (select ${sentColumns.json} as messages from ${missedOf('chat_message')} m) sent
  cross join lateral (select ${changedColumns.json} as changes from ${missedOf('chat_session_change')} c) changed`)

/**
 * Reads the durable events of sessions after a seq: in `seq` order, without gaps, some or all of them. Keys are
 * `session:after`.
 */
export async function readEvents(db: Statements, keys: string[]): Promise<Map<string, MissedEvents>> {
  const asked = keys.map((key) => key.split(':').map(Number)).map(([session_id, after]) => ({ session_id, after }))
  const rows = await eventsColumns.read(
    db,
    Prisma.sql`
    ${eventsColumns.select}
    from json_to_recordset(${JSON.stringify(asked)}::json) as asked(session_id bigint, after bigint) ${fromMissed}`,
  )
  return new Map(rows.map((row) => [`${row.sessionId}:${row.after}`, { events: toEvents(row), lastAt: row.lastAt }]))
}

/**
 * Messages and changes are each cut at a limit, so there may be gaps towards the end: what follows the first gap is read
 * next time.
 */
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
  const message = { sessionId, storeId, holderId, seq, messageId, senderType, at: sent.created }
  return { seq, event: { message, frame: messageFrame(seq, toMessage(sent, row)) } }
}

function toChangeEvent({ sessionId, storeId }: EventsRow, changed: ChangedRow): { seq: number; event: DurableEvent } {
  const { session: json, ...facts } = changed
  const session = readSessionJson(json)
  const change = { ...facts, sessionId, storeId, at: Date.parse(session.updated) }
  return { seq: changed.seq, event: { change, frame: changeFrame(changed.seq, session) } }
}

/** Whether a session was created after a time of the database's clock. */
export async function wasCreatedSince(db: Statements, sessionId: number, moment: Date): Promise<boolean> {
  const [row] = await rawOf(db).$queryRaw<{ isNew: boolean }[]>(Prisma.sql`
    select created >= ${moment} as "isNew" from chat_session where id = ${sessionId}`)
  return row?.isNew === true
}
