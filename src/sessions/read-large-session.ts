import { setTimeout as delay } from 'node:timers/promises'
import { defineColumns } from '../database/columns.js'
import type { Statements } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import { messageExpressions, newestForeign, toMessage, type MessageRow } from '../database/rows/messages.js'
import type { CachedMessages, MessageCache } from './message-cache.js'
import { TextParts } from '../limits/text-stream.js'
import {
  fromStore,
  storeExpressions,
  toStoreView,
  type EncodedSession,
  type SessionView,
  type StoreRow,
} from './read-session.js'
import { NEWEST_MESSAGES } from '../protocol/schemas/sessions.js'

/**
 * Characters or bytes of JSON. Reading more at once would block the node, and delay the sessions that are read in the same batch.
 */
const LARGE_VIEW = 524_288
/** So many messages are converted in a few milliseconds, even when each has 10,000 characters that JSON escapes. */
const MESSAGES_OF_A_PART = 4
/**
 * A part of more bytes takes milliseconds. The reading rests after it, so that others have most of the time, unless the
 * reading of another session waits.
 */
const LARGE_PART_BYTES = 24_576
const REST_FACTOR = 3
const MAX_REST_MS = 20

type LargeSessionRow = StoreRow & { seq: number }
const sessionColumns = defineColumns<LargeSessionRow>({ ...storeExpressions, seq: 's.seq' })
const withoutMessages = fromStore('false')
const partColumns = defineColumns<MessageRow & { seq: number }>({ ...messageExpressions, seq: 'm.seq' })

/** Whether a session must be read by `readLargeActiveSession` from now on. */
export const isLarge = ({ view }: SessionView<EncodedSession>) =>
  (view instanceof TextParts ? view.bytes : view.length) > LARGE_VIEW

/**
 * Reads the active session of a store as `readActiveSessions` does, but in parts, so that other work can run in between.
 * Messages are immutable and never inserted between others, so parts that are read one after the other fit together.
 */
export async function readLargeActiveSession(
  db: Statements,
  storeId: number,
  doOthersWait: () => boolean,
  cache?: MessageCache,
): Promise<SessionView<EncodedSession> | undefined> {
  const cached = cache?.get(storeId)
  const [row] = await sessionColumns.read(
    db,
    Prisma.sql`
    ${sessionColumns.select} from chat_session s ${withoutMessages}
    where s.store_id = ${storeId} and s.status <> 'closed'`,
  )
  if (row === undefined) return undefined
  if (cached?.version === row.version) return toStoreView(row, cached)
  const newest = await readMessagesInParts(db, row, doOthersWait)
  cache?.set(storeId, newest)
  return toStoreView(row, newest)
}

async function readMessagesInParts(
  db: Statements,
  row: LargeSessionRow,
  doOthersWait: () => boolean,
): Promise<CachedMessages> {
  const parts: Buffer[] = []
  let newestForeignId: number | null = null
  let before = row.seq + 1
  for (let count = 0; count < NEWEST_MESSAGES; count += MESSAGES_OF_A_PART) {
    const startedAt = performance.now()
    const messages = await readPart(db, row.id, before)
    if (messages[0] === undefined) break
    before = messages[0].seq
    const json = JSON.stringify(messages.map((message) => toMessage(message, row, 'store')))
    const part = Buffer.from(`${json.slice(1, -1)}${parts.length > 0 ? ',' : ''}`)
    parts.unshift(part)
    newestForeignId ??= newestForeign(messages, 'store')
    const tookMs = performance.now() - startedAt
    if (part.length > LARGE_PART_BYTES && !doOthersWait()) await delay(Math.min(REST_FACTOR * tookMs, MAX_REST_MS))
  }
  return { version: row.version, json: new TextParts([Buffer.from('['), ...parts, Buffer.from(']')]), newestForeignId }
}

/** Reads the newest messages before a seq, oldest first. */
async function readPart(db: Statements, sessionId: number, before: number) {
  const rows = await partColumns.read(
    db,
    Prisma.sql`
    ${partColumns.select} from (
      select * from chat_message where session_id = ${sessionId} and seq < ${before}
      order by seq desc limit ${MESSAGES_OF_A_PART}
    ) m`,
  )
  return rows.toSorted((one, other) => one.seq - other.seq)
}
