import { invalidInput, notFound } from '../errors/request-error.js'
import { PAGE_SIZE } from '../protocol/schemas/paging.js'
import { isOnlooker, requireReader } from '../accounts/session-access.js'
import { findUndelivered, messageColumns, toMessage } from '../database/rows/messages.js'
import { confirmDelivery } from '../receipts/record-receipts.js'
import type { Account } from '../protocol/account.js'
import type { Message } from '../protocol/schemas/messages.js'
import { readPage, type HistoryDeps, type Page } from './read-page.js'

/**
 * Reads a page of a session's messages, oldest first. `has_more` refers to the direction of paging. Without `session_id`, a
 * store reads its active session.
 * @throws RequestError 400 unknown cursor · 403 another admin's · 404
 */
export async function readMessages(
  deps: HistoryDeps,
  reader: Account,
  page: Page,
): Promise<{ data: Message[]; has_more: boolean }> {
  const { limit = PAGE_SIZE } = page
  const row = await readPage(deps, reader, page, limit + 1)
  if (row === undefined) throw notFound('Session not found')
  requireReader(reader, row)
  for (const cursor of ['before', 'after'] as const) {
    if (page[cursor] !== undefined && row[cursor] === null) {
      throw invalidInput([{ field: cursor, message: 'is not a message of this session' }])
    }
  }
  const found = messageColumns.toRows(row.messages)
  const messages = found.slice(0, limit)
  if (page.after === undefined) messages.reverse()
  const viewer = isOnlooker(reader, row) ? undefined : reader.side
  if (viewer) await confirmDelivery(deps, viewer, { ...row, undeliveredUpTo: findUndelivered(messages, row, viewer) })
  const data = messages.map((message) => toMessage(message, row, viewer))
  return { data, has_more: found.length > limit }
}
