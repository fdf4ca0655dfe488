import { Type } from '@sinclair/typebox'
import { describeRoute, refusals, type App } from '../http/describe-route.js'
import { confirmDelivery } from '../receipts/record-receipts.js'
import { requireReader } from '../accounts/session-access.js'
import { claimSession, closeSessionAsAdmin, releaseSession, transferSession } from './change-session.js'
import { readSessionForAdmin } from './read-session.js'
import { IdSchema } from '../protocol/schemas/id.js'
import {
  AdminSessionSchema,
  NoteContentSchema,
  SessionForAdminsSchema,
  SessionForAdminsWithStoreSchema,
} from '../protocol/schemas/desk.js'

const SessionBody = Type.Object({ session_id: IdSchema })
const TransferBody = Type.Object({
  session_id: IdSchema,
  admin_id: IdSchema,
  note: Type.Optional({
    ...NoteContentSchema,
    description: 'For the other admin: stored as a note with the transfer.',
  }),
})
const describe = (summary: string) => describeRoute('admin', summary)
const changeRefusals = refusals(400, 401, 403, 404, 409, 413, 415, 503)

export async function adminSessionRoutes(app: App): Promise<void> {
  app.addHook('onRequest', app.requireAccount('admin'))

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
        response: { 200: SessionForAdminsWithStoreSchema, ...changeRefusals },
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
        response: { 200: SessionForAdminsSchema, ...changeRefusals },
      },
    },
    async ({ account, body }) => releaseSession(app.deps, account, body.session_id),
  )

  app.post(
    '/admin/session/transfer/',
    {
      schema: {
        ...describe('Hand a session over to another admin'),
        body: TransferBody,
        response: { 200: SessionForAdminsSchema, ...changeRefusals },
      },
    },
    async ({ account, body: { session_id: sessionId, admin_id: toId, note } }) =>
      transferSession(app.deps, account, { sessionId, toId, note }),
  )

  app.post(
    '/admin/close/',
    {
      schema: {
        ...describe('Close a session'),
        body: SessionBody,
        response: { 200: SessionForAdminsSchema, ...changeRefusals },
      },
    },
    async ({ account, body }) => closeSessionAsAdmin(app.deps, account, body.session_id),
  )
}
