import { Type } from '@sinclair/typebox'
import { describeRoute, refusals, type App } from '../../http/describe-route.js'
import { CannedReplyInputSchema, CannedReplySchema } from '../../protocol/schemas/desk.js'
import { IdSchema } from '../../protocol/schemas/id.js'
import { LimitSchema } from '../../protocol/schemas/paging.js'
import { listCannedReplies } from './list-canned-replies.js'
import { useCannedReply } from './use-canned-reply.js'
import { createCannedReply, deleteCannedReply, replaceCannedReply } from './write-canned-reply.js'

const IdParams = Type.Object({ id: IdSchema })
const listQuery = Type.Object({
  q: Type.Optional(
    Type.String({
      maxLength: 200,
      format: 'text',
      description: 'Only canned replies whose shortcut or text contains this, in any case.',
    }),
  ),
  limit: LimitSchema,
})
const DeletedSchema = Type.Object({ success: Type.Literal(true), message: Type.String() })
const describe = (summary: string) => describeRoute('admin', summary)
const writeRefusals = refusals(400, 401, 403, 404, 409, 413, 415, 503)

/** The routes of canned replies: an admin's own and the shared ones. */
export async function cannedReplyRoutes(app: App): Promise<void> {
  app.get(
    '/admin/canned/',
    {
      schema: {
        ...describe('List your canned replies and the shared ones, most used by you first'),
        querystring: listQuery,
        response: { 200: Type.Object({ data: Type.Array(CannedReplySchema) }), ...refusals(400, 401, 403, 503) },
      },
    },
    async ({ account, query }) => ({ data: await listCannedReplies(app.db, account, query) }),
  )

  app.post(
    '/admin/canned/',
    {
      schema: {
        ...describe('Create a canned reply; only supervisors may share it'),
        body: CannedReplyInputSchema,
        response: { 200: CannedReplySchema, ...refusals(400, 401, 403, 409, 413, 415, 503) },
      },
    },
    async ({ account, body }) => createCannedReply(app.db, account, body),
  )

  app.put(
    '/admin/canned/:id/',
    {
      schema: {
        ...describe('Replace a canned reply of yours; supervisors may also replace shared ones'),
        params: IdParams,
        body: CannedReplyInputSchema,
        response: { 200: CannedReplySchema, ...writeRefusals },
      },
    },
    async ({ account, params: { id }, body }) => replaceCannedReply(app.db, account, { id, ...body }),
  )

  app.delete(
    '/admin/canned/:id/',
    {
      schema: {
        ...describe('Delete a canned reply of yours; supervisors may also delete shared ones'),
        params: IdParams,
        response: { 200: DeletedSchema, ...refusals(400, 401, 403, 404, 413, 415, 503) },
      },
    },
    async ({ account, params }) => {
      await deleteCannedReply(app.db, account, params.id)
      return { success: true as const, message: 'Canned reply deleted' }
    },
  )

  app.post(
    '/admin/canned/:id/use/',
    {
      schema: {
        ...describe('Get the text of a canned reply for a session, with its placeholders filled in'),
        params: IdParams,
        body: Type.Object({ session_id: IdSchema }),
        response: { 200: Type.Object({ content: Type.String() }), ...refusals(400, 401, 403, 404, 413, 415, 503) },
      },
    },
    async ({ account, params: { id }, body }) => ({
      content: await useCannedReply(app.db, account, { id, sessionId: body.session_id }),
    }),
  )
}
