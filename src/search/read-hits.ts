import { randomBytes } from 'node:crypto'
import { defineColumns } from '../database/columns.js'
import type { ReadPool } from '../database/database.js'
import {
  joinReceipts,
  messageExpressions,
  receiptExpressions,
  toMessage,
  type MessageRow,
  type Receipts,
} from '../database/rows/messages.js'
import { detailExpressions, joinDetails } from '../database/rows/session-details.js'
import { readSessionJson, sessionJson, storeRow, type SessionJson } from '../database/rows/sessions.js'
import { Prisma } from '../generated/prisma/client.js'
import type { Store } from '../protocol/schemas/accounts.js'
import type { SessionDetails } from '../protocol/schemas/desk.js'
import type { SearchPage } from '../protocol/schemas/search.js'
import { findParts, joinHighlights, readMarks } from './highlights.js'
import type { Question } from './question.js'

interface HitRow extends MessageRow, Receipts, SessionDetails {
  session: SessionJson
  store: Store
  /** The content, with marks around the words. */
  marked: string
}

/**
 * Reads messages that were found, newest first, with their sessions; without those that are gone, or out of scope by now.
 * Nothing is delivered by that: who finds a message has not opened its conversation.
 */
export type HitReader = (ids: number[], scope: Prisma.Sql, question: Question) => Promise<SearchPage['data']>

export function createHitReader(db: ReadPool, language: string, hasParts: boolean): HitReader {
  const config = `'${language}'::regconfig`
  const columns = defineColumns<HitRow>({
    ...messageExpressions,
    ...receiptExpressions,
    ...detailExpressions,
    session: sessionJson,
    store: storeRow,
    marked: `ts_headline(${config}, m.content, asked.words, asked.options)`,
  })
  const joins = Prisma.raw(`
    join chat_session s on s.id = m.session_id join store st on st.id = s.store_id
    ${joinDetails} ${joinReceipts('s.id')}`)

  return async (ids, scope, { text, parts }) => {
    if (ids.length === 0) return []
    const marks = createMarks()
    const options = `HighlightAll=true, StartSel=${marks[0]}, StopSel=${marks[1]}`
    const rows = await columns.read(
      db,
      Prisma.sql`
      ${columns.select} from chat_message m ${joins}
      cross join (
        select websearch_to_tsquery(${Prisma.raw(config)}, ${text}) as words, ${options}::text as options
      ) asked
      where m.id = any(${ids}::bigint[]) and ${scope}`,
    )
    const sorted = rows.toSorted((one, other) => other.id - one.id)
    return sorted.map((row) => {
      const words = readMarks(row.marked, row.content, marks)
      const highlights = joinHighlights([...words, ...findParts(row.content, hasParts ? parts : [])])
      const { tags, priority } = row
      const session = { ...readSessionJson(row.session), tags, priority }
      return { message: toMessage(row, row), session, store: row.store, highlights }
    })
  }
}

/** Nobody can have written them into a message. */
const createMarks = (): [string, string] => {
  const secret = randomBytes(9).toString('hex')
  return [`s${secret}`, `e${secret}`]
}
