import { defineColumns } from '../../database/columns.js'
import type { Database } from '../../database/database.js'
import { batchReads } from '../../database/batch.js'
import { Prisma } from '../../generated/prisma/client.js'
import { createCache } from '../../memory/create-cache.js'
import { messageExpressions, toMessage, type MessageRow } from '../../database/rows/messages.js'
import type { SessionChangeKind } from '../../database/rows/session-changes.js'
import { readSessionJson, type SessionJson } from '../../database/rows/sessions.js'
import { nameEvent, typeOfChange, writeBody, type WebhookEvent } from '../event.js'
import { readUnreadEvents } from './read-unread-events.js'

/** Events that are sent on one lease. With the largest messages they take a megabyte. */
export const EVENTS_PER_READ = 20
/** Concurrent reads share a statement. The limit keeps its result below the longest string of V8. */
const SESSIONS_PER_STATEMENT = 32
const MAX_REPORTED = 1000

/** The position of a webhook in a session. */
export interface Place {
  sessionId: number
  seq: number
  unreadId: number
}

/** The next events of a session: durable events in the order of `seq`, then an unread event. */
export interface EventPage {
  events: WebhookEvent[]
  /** Up to this seq the session has no other events. */
  upTo: number
}

/** A page, and whether the session has more events. */
interface CutPage extends EventPage {
  isCut: boolean
}

/** Reads the next events of a session. Webhooks at the same position share a read. */
export type ReadEvents = (place: Place) => Promise<EventPage>

/** Events that the session has counted, but whose rows were deleted. */
export interface MissingEvents {
  sessionId: number
  /** The first missing seq. */
  first: number
  /** The number of missing events. */
  count: number
}

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
  /** The newest seq; null where the session does not exist. */
  head: number | null
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
  head: '(select seq from chat_session where id = asked.session_id)',
  sent: 'sent.messages',
  changed: 'changed.changes',
  hasUnread: 'exists (select from unread_event u where u.session_id = asked.session_id and u.id > asked.after_unread)',
})

const nextOf = (table: string) =>
  `(select * from ${table} where session_id = asked.session_id and seq > asked.after order by seq limit ${EVENTS_PER_READ})`
const fromNext = Prisma.raw(`
  cross join lateral (select ${sentColumns.json} as messages from ${nextOf('chat_message')} m) sent
  cross join lateral (select ${changedColumns.json} as changes from ${nextOf('chat_session_change')} c) changed`)

/** @param onMissing called once for each gap */
export function createEventReader(db: Database, onMissing: (missing: MissingEvents) => void): ReadEvents {
  const read = batchReads((keys: string[]) => readMany(db, keys), SESSIONS_PER_STATEMENT)
  const reported = createCache<string, true>(MAX_REPORTED)
  /** Webhooks at the same position share a row, so its events are serialized once. */
  const pages = new WeakMap<EventsRow, CutPage>()

  function pageOf(row: EventsRow): CutPage {
    let page = pages.get(row)
    if (page === undefined) pages.set(row, (page = toPage(row)))
    return page
  }

  function reportMissing(sessionId: number, after: number, { events, upTo }: EventPage): void {
    const count = upTo - after - events.length
    if (count === 0) return
    const place = events.findIndex(({ seq }, index) => seq !== after + 1 + index)
    const first = after + 1 + (place < 0 ? events.length : place)
    if (reported.has(`${sessionId}:${first}`)) return
    reported.set(`${sessionId}:${first}`, true)
    onMissing({ sessionId, first, count })
  }

  return async ({ sessionId, seq, unreadId }) => {
    const row = await read(`${sessionId}:${seq}:${unreadId}`)
    if (row === undefined) return { events: [], upTo: seq }
    const { isCut, ...page } = pageOf(row)
    const { events, upTo } = page
    reportMissing(sessionId, seq, page)
    // The receiver knows the unread messages by now: an unread event comes after the durable ones.
    if (!row.hasUnread || isCut) return { events, upTo }
    return { events: [...events, ...(await readUnreadEvents(db, { sessionId, unreadId }))], upTo }
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

/**
 * Events of a session are committed in the order of seq. A seq that is missing in a snapshot was therefore deleted, and later
 * events do not wait for it.
 */
function toPage(row: EventsRow): CutPage {
  const sent = sentColumns.toRows(row.sent).map(toMessageEvent)
  const changed = changedColumns.toRows(row.changed).map((change) => toChangeEvent(row.sessionId, change))
  // Each kind is cut at its limit. Behind the end of one kind, the other is not complete.
  const end = Math.min(...[sent, changed].map(endOf))
  const events = [...sent, ...changed]
    .filter(({ seq }) => seq <= end)
    .toSorted((one, other) => one.seq - other.seq)
    .slice(0, EVENTS_PER_READ)
  const last = events.at(-1)?.seq ?? row.after
  const isCut = events.length < sent.length + changed.length || end !== Infinity
  return { events, upTo: isCut ? last : Math.max(last, row.head ?? 0), isCut }
}

const endOf = (events: { seq: number }[]) =>
  events.length < EVENTS_PER_READ ? Infinity : (events.at(-1)?.seq ?? Infinity)

/** An event has the same body at each attempt, so the message has the status that it had when it was sent. */
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
