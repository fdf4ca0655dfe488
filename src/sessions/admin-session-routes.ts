import { Type } from '@sinclair/typebox'
import { describeRoute, refusals, type App } from '../http/describe-route.js'
import { LimitSchema } from '../protocol/schemas/paging.js'
import { confirmDelivery } from '../receipts/record-receipts.js'
import { requireReader } from '../accounts/session-access.js'
import { claimSession, closeSessionAsAdmin, releaseSession, transferSession } from './change-session.js'
import { CursorSchema, listHeldSessions, listOpenSessions, SessionPageSchema } from './list-sessions.js'
import { listSessionsOfStore, StoreSessionPageSchema } from './list-store-sessions.js'
import { readSessionForAdmin } from './read-session.js'
import { IdSchema } from '../protocol/schemas/id.js'
import { AdminSessionSchema } from '../protocol/schemas/desk.js'
import { SessionSchema, SessionWithStoreSchema } from '../protocol/schemas/sessions.js'

const SessionBody = Type.Object({ session_id: IdSchema })
const listQuery = Type.Object({ limit: LimitSchema, cursor: CursorSchema })
const describe = (summary: string) => describeRoute('admin', summary)
const changeRefusals = refusals(400, 401, 403, 404, 409, 413, 415, 503)

export async function adminSessionRoutes(app: App): Promise<void> {
  app.addHook('onRequest', app.requireAccount('admin'))

  app.get(
    '/admin/sessions/open/',
    {
      schema: {
        ...describe('List the sessions that nobody holds, longest waiting first'),
        querystring: listQuery,
        response: { 200: SessionPageSchema, ...refusals(400, 401, 403, 503) },
      },
    },
    async ({ query }) => listOpenSessions(app.db, query),
  )

  app.get(
    '/admin/sessions/my/',
    {
      schema: {
        ...describe('List the sessions you hold, newest message first'),
        querystring: listQuery,
        response: { 200: SessionPageSchema, ...refusals(400, 401, 403, 503) },
      },
    },
    async ({ account, query }) => listHeldSessions(app.db, account.id, query),
  )

  app.get(
    '/admin/sessions/',
    {
      schema: {
        ...describe('List the sessions of a store that you may read, newest first, closed ones too'),
        querystring: Type.Object({ store_id: IdSchema, ...listQuery.properties }),
        response: { 200: StoreSessionPageSchema, ...refusals(400, 401, 403, 503) },
      },
    },
    async ({ account, query }) => listSessionsOfStore(app.db, account, query),
  )

  app.get(
    '/admin/session/',
    {
      schema: {
        ...describe('Get a session with its newest messages'),
        querystring: SessionBody,
        response: { 200: AdminSessionSchema, ...refusals(400, 401, 403, 404, 503) },
      },
    },
    async ({ account, query }) => {
      const session = requireReader(account, await readSessionForAdmin(app.db, account, query.session_id))
      await confirmDelivery(app.deps, 'admin', session)
      return session.view
    },
  )

  app.post(
    '/admin/session/claim/',
    {
      schema: {
        ...describe('Claim an open session; of many admins one wins'),
        body: SessionBody,
        response: { 200: SessionWithStoreSchema, ...changeRefusals },
      },
    },
    async ({ account, body }) => claimSession(app.deps, account, body.session_id),
  )

  app.post(
    '/admin/session/release/',
    {
      schema: {
        ...describe('Give a session back to the open ones'),
        body: SessionBody,
        response: { 200: SessionSchema, ...changeRefusals },
      },
    },
    async ({ account, body }) => releaseSession(app.deps, account, body.session_id),
  )

  app.post(
    '/admin/session/transfer/',
    {
      schema: {
        ...describe('Hand a session over to another admin'),
        body: Type.Object({ session_id: IdSchema, admin_id: IdSchema }),
        response: { 200: SessionSchema, ...changeRefusals },
      },
    },
    async ({ account, body }) => transferSession(app.deps, account, body.session_id, body.admin_id),
  )

  app.post(
    '/admin/close/',
    {
      schema: {
        ...describe('Close a session'),
        body: SessionBody,
        response: { 200: SessionSchema, ...changeRefusals },
      },
    },
    async ({ account, body }) => closeSessionAsAdmin(app.deps, account, body.session_id),
  )
}
