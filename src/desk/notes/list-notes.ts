import { defineColumns } from '../../database/columns.js'
import type { Database } from '../../database/database.js'
import { noteExpressions, toNote, type NoteRow } from '../../database/rows/notes.js'
import { Prisma } from '../../generated/prisma/client.js'
import { readableBy, requireReader } from '../../accounts/session-access.js'
import type { Account } from '../../protocol/account.js'
import type { Note } from '../../protocol/schemas/desk.js'
import { PAGE_SIZE } from '../../protocol/schemas/paging.js'

interface SessionNotesRow {
  storeId: number
  adminId: number | null
  /** Rows for `noteColumns.toRows`, newest first; empty where the admin may not read the session. */
  notes: unknown[][]
}

const noteColumns = defineColumns<NoteRow>(noteExpressions)
const columns = defineColumns<SessionNotesRow>({ storeId: 's.store_id', adminId: 's.admin_id', notes: 'newest.notes' })

/** A page of notes, oldest first. */
export interface NotePage {
  data: Note[]
  /** Whether there are older notes. */
  has_more: boolean
}

/**
 * Reads the newest notes of a session, or the newest before a note.
 * @throws RequestError 403 another admin's session · 404
 */
export async function listNotes(
  db: Database,
  admin: Account,
  query: { session_id: number; before?: number; limit?: number },
): Promise<NotePage> {
  const { session_id, before = Number.MAX_SAFE_INTEGER, limit = PAGE_SIZE } = query
  const [row] = await columns.read(
    db,
    Prisma.sql`
    ${columns.select} from chat_session s cross join lateral (
      select ${Prisma.raw(noteColumns.json)} as notes from (
        select * from chat_note where session_id = s.id and id < ${before} and ${readableBy(admin)}
        order by id desc limit ${limit + 1}
      ) n join admin author on author.id = n.admin_id
    ) newest
    where s.id = ${session_id}`,
  )
  const { notes } = requireReader(admin, row)
  const found = noteColumns.toRows(notes).toSorted((one, other) => other.id - one.id)
  return { data: found.slice(0, limit).reverse().map(toNote), has_more: found.length > limit }
}
