import { epochMs, toUtc } from '../sql.js'
import type { Note } from '../../protocol/schemas/desk.js'

/** A row of chat_note with its author's name, `created` in milliseconds since the epoch. */
export type NoteRow = Omit<Note, 'created' | 'deleted'> & { created: number }

/** SQL of a NoteRow's fields, where `n` is the alias of chat_note, and `author` that of admin. */
export const noteExpressions = {
  id: 'n.id',
  session_id: 'n.session_id',
  admin_id: 'n.admin_id',
  admin_name: 'author.name',
  content: 'n.content',
  created: epochMs('n.created'),
}

/** SQL of a NoteRow as one JSON object. */
export const noteJson = `json_build_object(${Object.entries(noteExpressions)
  .map(([field, expression]) => `'${field}', ${expression}`)
  .join(', ')})`

/** Converts a row to a note for the wire. */
export const toNote = (row: NoteRow): Note => ({ ...row, created: toUtc(row.created) })
