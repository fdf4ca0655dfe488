import { LRUCache } from 'lru-cache'
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
const MOST_TOLD = 1000

/** Where a webhook stands in a session. */
export interface Place {
  sessionId: number
  seq: number
  unreadId: number
}

/** The next events of a session: in `seq` order, then what was left unread. */
export interface EventPage {
  events: WebhookEvent[]
  /** Up to this seq the session has no further events. */
  upTo: number
}

/** With whether the session has more events than the page. */
interface CutPage extends EventPage {
  isCut: boolean
}

/** Reads the next events of a session. Webhooks that stand at the same place share the answer. */
export type ReadEvents = (place: Place) => Promise<EventPage>

/** Events whose rows are not there, although the session has counted them: somebody has deleted them. */
export interface MissingEvents {
  sessionId: number
  /** The first seq that is missing, and how many are. */
  first: number
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

/** @param onMissing is told once of what is missing from a seq on */
export function createEventReader(db: Database, onMissing: (missing: MissingEvents) => void): ReadEvents {
  const read = batchReads((keys: string[]) => readMany(db, keys), SESSIONS_PER_STATEMENT)
  const told = new LRUCache<string, true>({ max: MOST_TOLD })
  /** Webhooks that stand at the same place get the same row: its events are written once. */
  const pages = new WeakMap<EventsRow, CutPage>()

  function pageOf(row: EventsRow): CutPage {
    let page = pages.get(row)
    if (page === undefined) pages.set(row, (page = toPage(row)))
    return page
  }

  function tellMissing(sessionId: number, after: number, { events, upTo }: EventPage): void {
    const count = upTo - after - events.length
    if (count === 0) return
    const place = events.findIndex(({ seq }, index) => seq !== after + 1 + index)
    const first = after + 1 + (place < 0 ? events.length : place)
    if (told.has(`${sessionId}:${first}`)) return
    told.set(`${sessionId}:${first}`, true)
    onMissing({ sessionId, first, count })
  }

  return async ({ sessionId, seq, unreadId }) => {
    const row = await read(`${sessionId}:${seq}:${unreadId}`)
    if (row === undefined) return { events: [], upTo: seq }
    const { isCut, ...page } = pageOf(row)
    const { events, upTo } = page
    tellMissing(sessionId, seq, page)
    // What is unread has been sent, so that the receiver knows it.
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
 * Events of one session are committed in the order of their seq, so a seq that is missing in one snapshot will never come:
 * the next events do not wait for it.
 */
function toPage(row: EventsRow): CutPage {
  const sent = sentColumns.toRows(row.sent).map(toMessageEvent)
  const changed = changedColumns.toRows(row.changed).map((change) => toChangeEvent(row.sessionId, change))
  // Both kinds are cut at their limit. Behind the end of one the other is not all there is.
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
