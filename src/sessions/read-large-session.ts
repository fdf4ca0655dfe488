import { defineColumns } from '../database/columns.js'
import type { Statements } from '../database/database.js'
import { Prisma } from '../generated/prisma/client.js'
import { messageExpressions, newestForeign, toMessage, type MessageRow } from '../database/rows/messages.js'
import type { CachedMessages, MessageCache } from './message-cache.js'
import { fromStore, storeExpressions, toStoreView, type SessionView, type StoreRow } from './read-session.js'
import { NEWEST_MESSAGES } from '../protocol/schemas/sessions.js'

/** Characters of JSON: reading so much at once would hold up the node, and the sessions that are read together with it. */
const LARGE_VIEW = 524_288
/** Of messages of 10,000 characters, each of which JSON may write as six, so many are converted in a few milliseconds. */
const MESSAGES_OF_A_PART = 10

type SessionPositionRow = StoreRow & { seq: number }
const positionColumns = defineColumns<SessionPositionRow>({ ...storeExpressions, seq: 's.seq' })
const withoutMessages = fromStore('false')
const partColumns = defineColumns<MessageRow & { seq: number }>({ ...messageExpressions, seq: 'm.seq' })

/** Whether a session is to be read by `readLargeActiveSession` from now on. */
export const isLarge = ({ view }: SessionView<string>) => view.length > LARGE_VIEW

/**
 * Reads the active session of a store as `readActiveSessions` does, in parts and with other work in between. Messages never
 * change and none goes between others, so that parts which are read one after the other fit together.
 */
export async function readLargeActiveSession(
  db: Statements,
  storeId: number,
  memory?: MessageCache,
): Promise<SessionView<string> | undefined> {
  const remembered = memory?.get(storeId)
  const [row] = await positionColumns.read(
    db,
    Prisma.sql`
    ${positionColumns.select} from chat_session s ${withoutMessages}
    where s.store_id = ${storeId} and s.status <> 'closed'`,
  )
  if (row === undefined) return undefined
  if (remembered?.version === row.version) return toStoreView(row, remembered)
  const given = await giveInParts(db, row)
  memory?.set(storeId, given)
  return toStoreView(row, given)
}

async function giveInParts(db: Statements, row: SessionPositionRow): Promise<CachedMessages> {
  const parts: string[] = []
  let newestForeignId: number | null = null
  let before = row.seq + 1
  for (let count = 0; count < NEWEST_MESSAGES; count += MESSAGES_OF_A_PART) {
    const messages = await readPart(db, row.id, before)
    if (messages[0] === undefined) break
    before = messages[0].seq
    const json = JSON.stringify(messages.map((message) => toMessage(message, row, 'store')))
    parts.unshift(json.slice(1, -1))
    newestForeignId ??= newestForeign(messages, 'store')
  }
  return { version: row.version, json: `[${parts.join()}]`, newestForeignId }
}

/** The newest messages before a seq, oldest first. */
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
