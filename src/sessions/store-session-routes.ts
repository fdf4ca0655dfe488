import { Type } from '@sinclair/typebox'
import { describeRoute, JSON_TYPE, refusals, type App } from '../http/describe-route.js'
import { confirmDelivery } from '../receipts/record-receipts.js'
import { LimitSchema } from '../protocol/schemas/paging.js'
import { TextStream } from '../limits/text-stream.js'
import { closeSessionAsStore } from './change-session.js'
import { getOrCreateSession } from './get-or-create-session.js'
import { CursorSchema } from './list-items.js'
import { listOwnSessions, OwnSessionPageSchema } from './list-store-sessions.js'
import { SessionSchema, StoreSessionSchema } from '../protocol/schemas/sessions.js'

export async function storeSessionRoutes(app: App): Promise<void> {
  app.addHook('onRequest', app.requireAccount('store'))

  app.get(
    '/store/session/',
    {
      schema: {
        ...describeRoute('store', 'Get or create the one active session'),
        description: '`store` is present once an admin has claimed the session.',
        // The answer is JSON text already, a stream of it when it is large.
        response: { 200: Type.Unsafe<string | TextStream>(StoreSessionSchema), ...refusals(401, 403, 503) },
      },
    },
    async ({ account }, reply) => {
      const session = await getOrCreateSession(app.deps, account.id)
      await confirmDelivery(app.deps, 'store', session)
      return reply.type(JSON_TYPE).send(typeof session.view === 'string' ? session.view : new TextStream(session.view))
    },
  )

  app.get(
    '/store/sessions/',
    {
      schema: {
        ...describeRoute('store', 'List your sessions, newest first, closed ones too'),
        querystring: Type.Object({ limit: LimitSchema, cursor: CursorSchema }),
        response: { 200: OwnSessionPageSchema, ...refusals(400, 401, 403, 503) },
      },
    },
    async ({ account, query }) => listOwnSessions(app.db, account.id, query),
  )

  app.post(
    '/store/close/',
    {
      schema: {
        ...describeRoute('store', 'Close the active session'),
        response: { 200: SessionSchema, ...refusals(400, 401, 403, 409, 413, 415, 503) },
      },
    },
    async ({ account }) => closeSessionAsStore(app.deps, account),
  )
}
