import { defineColumns } from '../../database/columns.js'
import type { Database } from '../../database/database.js'
import { epochMs, toUtc } from '../../database/sql.js'
import { Prisma } from '../../generated/prisma/client.js'
import { messageColumns, toMessage } from '../../database/rows/messages.js'
import type { Store } from '../../protocol/schemas/accounts.js'
import { readSessionJson, sessionJson, storeRow, type SessionJson } from '../../database/rows/sessions.js'
import { nameEvent, writeBody, type WebhookEvent } from '../event.js'

const MESSAGES_PER_EVENT = 10

interface UnreadRow {
  id: number
  created: number
  count: number
  storeOnline: boolean
  session: SessionJson
  store: Store
  since: number
  /** For `messageColumns.toRows`, newest first. */
  messages: unknown[][]
}

const unreadColumns = defineColumns<UnreadRow>({
  id: 'u.id',
  created: epochMs('u.created'),
  count: 'u.message_count',
  storeOnline: 'u.store_online',
  session: sessionJson,
  store: storeRow,
  since: `(select ${epochMs('first.created')} from chat_message first where first.id = u.first_message_id)`,
  messages: `(select ${messageColumns.json} from (
    select * from chat_message where session_id = u.session_id and sender_type = 'admin'
      and id between u.first_message_id and u.last_message_id
    order by seq desc limit ${MESSAGES_PER_EVENT}) m)`,
})

/** Reads the first unread event of a session after one; none if there is no such event. */
export async function readUnreadEvents(
  db: Database,
  { sessionId, unreadId }: { sessionId: number; unreadId: number },
): Promise<WebhookEvent[]> {
  const rows = await unreadColumns.read(
    db,
    Prisma.sql`
    ${unreadColumns.select}
    from (
      select * from unread_event where session_id = ${sessionId} and id > ${unreadId} order by id limit 1
    ) u join chat_session s on s.id = u.session_id join store st on st.id = s.store_id`,
  )
  return rows.map((row) => toUnreadEvent(sessionId, row))
}

function toUnreadEvent(sessionId: number, row: UnreadRow): WebhookEvent {
  const at = toUtc(row.created)
  const messages = messageColumns.toRows(row.messages).map((message) => toMessage(message, undefined))
  const data = {
    session: readSessionJson(row.session),
    store: row.store,
    count: row.count,
    since: toUtc(row.since),
    store_online: row.storeOnline,
    messages: messages.reverse(),
  }
  return {
    id: nameEvent(`${sessionId}_unread_${row.id}`, at),
    type: 'message.unread',
    ...{ sessionId, seq: null, unreadId: row.id },
    body: writeBody('message.unread', at, data),
  }
}
