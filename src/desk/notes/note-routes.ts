import { Type } from '@sinclair/typebox'
import { describeRoute, refusals, type App } from '../../http/describe-route.js'
import { NoteInputSchema, NoteSchema } from '../../protocol/schemas/desk.js'
import { IdSchema } from '../../protocol/schemas/id.js'
import { LimitSchema } from '../../protocol/schemas/paging.js'
import { listNotes } from './list-notes.js'
import { deleteNote, writeNote } from './write-note.js'

const listQuery = Type.Object({
  session_id: IdSchema,
  before: Type.Optional(Type.Integer({ ...IdSchema, description: 'Id of a note: return the newest notes before it.' })),
  limit: LimitSchema,
})
const NotePageSchema = Type.Object({
  data: Type.Array(NoteSchema, { description: 'Oldest first.' }),
  has_more: Type.Boolean({ description: 'Whether there are older notes.' }),
})
const DeletedSchema = Type.Object({ success: Type.Literal(true), message: Type.String() })
const describe = (summary: string) => describeRoute('admin', summary)

/** The routes of notes, which admins write to each other about a session. */
export async function noteRoutes(app: App): Promise<void> {
  app.get(
    '/admin/notes/',
    {
      schema: {
        ...describe('Read the notes on a session'),
        querystring: listQuery,
        response: { 200: NotePageSchema, ...refusals(400, 401, 403, 404, 503) },
      },
    },
    async ({ account, query }) => listNotes(app.db, account, query),
  )

  app.post(
    '/admin/notes/',
    {
      preHandler: app.limitMessages,
      schema: {
        ...describe('Write a note on a session; its store never sees it'),
        body: NoteInputSchema,
        response: { 200: NoteSchema, ...refusals(400, 401, 403, 404, 409, 413, 415, 503) },
      },
    },
    async ({ account, body }) => writeNote(app.deps, account, body),
  )

  app.delete(
    '/admin/notes/:id/',
    {
      schema: {
        ...describe('Delete a note of yours; supervisors may delete any'),
        params: Type.Object({ id: IdSchema }),
        response: { 200: DeletedSchema, ...refusals(400, 401, 403, 404, 413, 415, 503) },
      },
    },
    async ({ account, params }) => {
      await deleteNote(app.deps, account, params.id)
      return { success: true as const, message: 'Note deleted' }
    },
  )
}
