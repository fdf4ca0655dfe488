import { defineColumns } from '../../database/columns.js'
import type { Database } from '../../database/database.js'
import { batchReads } from '../../database/batch.js'
import { Prisma } from '../../generated/prisma/client.js'
import { messageExpressions, toMessage, type MessageRow } from '../../database/rows/messages.js'
import type { SessionChangeKind } from '../../database/rows/session-changes.js'
import { readSessionJson, type SessionJson } from '../../database/rows/sessions.js'
import { nameEvent, typeOfChange, writeBody, type WebhookEvent } from '../event.js'
import { readUnreadEvents } from './read-unread-events.js'

/** As many as are sent on one lease; with the largest messages they are a megabyte. */
export const EVENTS_PER_READ = 20
/** Concurrent reads share a statement; together they stay below the longest string there is. */
const SESSIONS_PER_STATEMENT = 32

/** Where a webhook stands in a session. */
export interface Place {
  sessionId: number
  seq: number
  unreadId: number
}

/**
 * Reads the next events of a session: in `seq` order without a gap, then what was left unread. Webhooks that stand at the
 * same place share the answer.
 */
export type ReadEvents = (place: Place) => Promise<WebhookEvent[]>

interface SentRow extends MessageRow {
  seq: number
}
interface ChangedRow {
  seq: number
  kind: SessionChangeKind
  session: SessionJson
}
interface EventsRow {
  key: string
  sessionId: number
  after: number
  /** For `sentColumns.toRows` and `changedColumns.toRows`. */
  sent: unknown[][]
  changed: unknown[][]
  hasUnread: boolean
}

const sentColumns = defineColumns<SentRow>({ ...messageExpressions, seq: 'm.seq' })
const changedColumns = defineColumns<ChangedRow>({ seq: 'c.seq', kind: 'c.kind', session: 'c.session' })
const eventsColumns = defineColumns<EventsRow>({
  key: 'asked.key',
  sessionId: 'asked.session_id',
  after: 'asked.after',
  sent: 'sent.messages',
  changed: 'changed.changes',
  hasUnread: 'exists (select from unread_event u where u.session_id = asked.session_id and u.id > asked.after_unread)',
})

const nextOf = (table: string) =>
  `(select * from ${table} where session_id = asked.session_id and seq > asked.after order by seq limit ${EVENTS_PER_READ})`
const fromNext = Prisma.raw(`
  cross join lateral (select ${sentColumns.json} as messages from ${nextOf('chat_message')} m) sent
  cross join lateral (select ${changedColumns.json} as changes from ${nextOf('chat_session_change')} c) changed`)

export function createEventReader(db: Database): ReadEvents {
  const read = batchReads((keys: string[]) => readMany(db, keys), SESSIONS_PER_STATEMENT)
  return async ({ sessionId, seq, unreadId }) => {
    const row = await read(`${sessionId}:${seq}:${unreadId}`)
    if (row === undefined) return []
    const events = toEvents(row)
    // What is unread has been sent, so that the receiver knows it.
    const isLast = events.length < EVENTS_PER_READ
    return row.hasUnread && isLast ? [...events, ...(await readUnreadEvents(db, { sessionId, unreadId }))] : events
  }
}

async function readMany(db: Database, keys: string[]): Promise<Map<string, EventsRow>> {
  const asked = keys.map((key) => {
    const [session_id, after, after_unread] = key.split(':').map(Number)
    return { key, session_id, after, after_unread }
  })
  const rows = await eventsColumns.read(
    db,
    Prisma.sql`
    ${eventsColumns.select}
    from json_to_recordset(${JSON.stringify(asked)}::json) as asked(key text, session_id bigint, after bigint,
      after_unread bigint) ${fromNext}`,
  )
  return new Map(rows.map((row) => [row.key, row]))
}

/** Both kinds are cut at their limit, so that the later part may have holes. */
function toEvents(row: EventsRow): WebhookEvent[] {
  const sent = sentColumns.toRows(row.sent).map(toMessageEvent)
  const changed = changedColumns.toRows(row.changed).map((change) => toChangeEvent(row.sessionId, change))
  const inOrder = [...sent, ...changed].toSorted((one, other) => one.seq - other.seq)
  const end = inOrder.findIndex(({ seq }, index) => seq !== row.after + index + 1)
  return inOrder.slice(0, end < 0 ? EVENTS_PER_READ : end)
}

/** The message as it was sent: an event has the same body at each attempt. */
function toMessageEvent({ seq, ...row }: SentRow): WebhookEvent & { seq: number } {
  const message = toMessage(row, undefined)
  const { session_id: sessionId, created } = message
  return {
    id: nameEvent(`${sessionId}_${seq}`, created),
    type: 'message.created',
    ...{ sessionId, seq, unreadId: null },
    body: writeBody('message.created', created, { message, seq }),
  }
}

function toChangeEvent(sessionId: number, { seq, kind, session: json }: ChangedRow): WebhookEvent & { seq: number } {
  const session = readSessionJson(json)
  const type = typeOfChange[kind] as 'session.created'
  return {
    id: nameEvent(`${sessionId}_${seq}`, session.updated),
    ...{ type, sessionId, seq, unreadId: null },
    body: writeBody(type, session.updated, { session, seq }),
  }
}
