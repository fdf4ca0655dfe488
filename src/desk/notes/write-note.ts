import { defineColumns } from '../../database/columns.js'
import type { Database } from '../../database/database.js'
import { noteJson, toNote, type NoteRow } from '../../database/rows/notes.js'
import { conflict, forbidden, notFound, unavailable } from '../../errors/request-error.js'
import { publishNote } from '../../events/publish.js'
import { Prisma } from '../../generated/prisma/client.js'
import { isReader, readableBy, requireReader } from '../../accounts/session-access.js'
import type { Account } from '../../protocol/account.js'
import type { Note, NoteInput } from '../../protocol/schemas/desk.js'
import type { ReceiptDeps } from '../../receipts/record-receipts.js'

/** An attempt fails only while another request stores the same note. */
const ATTEMPTS = 5

interface WrittenRow {
  storeId: number
  adminId: number | null
  /** null: nothing was stored. */
  stored: NoteRow | null
  /** The author's note with the same `client_note_id`. */
  known: NoteRow | null
}

const columns = defineColumns<WrittenRow>({
  storeId: 's.store_id',
  adminId: 's.admin_id',
  stored: `(select ${noteJson} from written n)`,
  known: `(select ${noteJson} from known n)`,
})

/**
 * Stores a note of an admin on a session that it may read, and publishes it once. A repeated `client_note_id` returns
 * the first note, as long as that note exists.
 * @throws RequestError 403 another admin's session · 404 · 409 the id was used for another note
 */
export async function writeNote({ db, publisher }: ReceiptDeps, admin: Account, input: NoteInput): Promise<Note> {
  const { session_id, content, client_note_id = null } = input
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [row] = await columns.read(db, insertNote(admin, session_id, content, client_note_id))
    if (row === undefined) throw notFound('Session not found')
    const { stored, known, adminId } = row
    if (known !== null) {
      if (known.session_id === session_id && known.content === content) return toNote(known)
      throw conflict('This client_note_id was used for another note')
    }
    requireReader(admin, row)
    if (stored === null) continue
    const note = toNote(stored)
    publishNote(publisher, { note, holderId: adminId })
    return note
  }
  throw unavailable()
}

/** The lock makes a change of the holder wait, so that the note is published to the current holder. */
const insertNote = (admin: Account, sessionId: number, content: string, clientNoteId: string | null) => Prisma.sql`
  with s as materialized (
    select * from chat_session where id = ${sessionId} for share
  ), author as (
    select id, name from admin where id = ${admin.id}
  ), known as (
    select * from chat_note where admin_id = ${admin.id} and client_note_id = ${clientNoteId}
  ), written as (
    insert into chat_note (session_id, admin_id, content, client_note_id)
    select s.id, ${admin.id}::bigint, ${content}::text, ${clientNoteId}::text
    from s where ${readableBy(admin)} and not exists (select from known)
    on conflict (admin_id, client_note_id) where client_note_id is not null do nothing
    returning *
  )
  ${columns.select} from s cross join author`

interface DeletedRow {
  note: NoteRow
  storeId: number
  adminId: number | null
  isDeleted: boolean
}

const deletedColumns = defineColumns<DeletedRow>({
  note: noteJson,
  storeId: 's.store_id',
  adminId: 's.admin_id',
  isDeleted: 'exists (select from deleted)',
})

/**
 * Deletes a note, as its author or a supervisor, and publishes the deletion. Of two concurrent deletions, one gets 404.
 * An agent gets 404 for a note on a session that it may not read, unless it wrote the note.
 * @throws RequestError 403 another admin's note · 404
 */
export async function deleteNote({ db, publisher }: ReceiptDeps, admin: Account, noteId: number): Promise<void> {
  const mayDelete = admin.role === 'supervisor' ? Prisma.sql`true` : Prisma.sql`chat_note.admin_id = ${admin.id}`
  const row = await readDeleted(db, noteId, mayDelete)
  if (row === undefined) throw notFound('Note not found')
  const isAllowed = admin.role === 'supervisor' || row.note.admin_id === admin.id
  if (!isAllowed && !isReader(admin, row)) throw notFound('Note not found')
  if (!isAllowed) throw forbidden('Only its author or a supervisor may delete a note')
  if (!row.isDeleted) throw notFound('Note not found')
  publishNote(publisher, { note: { ...toNote(row.note), content: '', deleted: true }, holderId: row.adminId })
}

/** Takes the same lock as `insertNote`, so that the current holder is told of the deletion. */
async function readDeleted(db: Database, noteId: number, mayDelete: Prisma.Sql): Promise<DeletedRow | undefined> {
  const [row] = await deletedColumns.read(
    db,
    Prisma.sql`
    with s as materialized (
      select * from chat_session where id = (select session_id from chat_note where id = ${noteId}) for share
    ), deleted as (
      delete from chat_note using s where chat_note.id = ${noteId} and session_id = s.id and ${mayDelete}
      returning chat_note.id
    )
    ${deletedColumns.select} from s join chat_note n on n.id = ${noteId} join admin author on author.id = n.admin_id`,
  )
  return row
}
