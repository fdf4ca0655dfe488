import { Type } from '@sinclair/typebox'
import { AdminInputSchema, StoreInputSchema } from '../accounts/accounts.js'
import { describeRoute, refusals, type App } from '../http/describe-route.js'
import { LimitSchema } from '../protocol/schemas/paging.js'
import { AdminRoleSchema, PlatformAdminSchema, PlatformStoreSchema } from '../protocol/schemas/accounts.js'
import { IdSchema } from '../protocol/schemas/id.js'
import { getAdmin, getStore, listAdmins, listStores } from './list-accounts.js'
import { ownerFields, readOwner } from './owner.js'
import { putAdmin, putStore } from './put-account.js'
import { signOut } from './switch-account.js'

const IdParams = Type.Object({ id: IdSchema })
const listQuery = Type.Object({
  limit: LimitSchema,
  cursor: Type.Optional(Type.String({ maxLength: 200, description: '`next_cursor` of the previous page.' })),
})
const next_cursor = Type.Union([Type.String(), Type.Null()], { description: 'null on the last page.' })
const active = Type.Optional(Type.Boolean({ description: 'Absent: unchanged; a new account is active.' }))
const storeBody = Type.Object({ ...StoreInputSchema.properties, active })
const adminBody = Type.Object({
  ...AdminInputSchema.properties,
  role: Type.Optional({ ...AdminRoleSchema, description: 'Absent: unchanged; a new admin is an agent.' }),
  active,
})
const describe = (summary: string) => describeRoute('platform', summary)
const putRefusals = refusals(400, 401, 413, 415, 503)

/** The routes of the platform's stores and admins. */
export async function accountRoutes(app: App): Promise<void> {
  app.get(
    '/stores/',
    {
      schema: {
        ...describe('List stores'),
        querystring: listQuery,
        response: {
          200: Type.Object({ data: Type.Array(PlatformStoreSchema), next_cursor }),
          ...refusals(400, 401, 503),
        },
      },
    },
    async ({ query }) => listStores(app.db, query),
  )

  app.get(
    '/stores/:id/',
    {
      schema: {
        ...describe('Get a store'),
        params: IdParams,
        response: { 200: PlatformStoreSchema, ...refusals(400, 401, 404, 503) },
      },
    },
    async ({ params }) => getStore(app.db, params.id),
  )

  app.put(
    '/stores/:id/',
    {
      schema: {
        ...describe('Create or replace a store, or switch it on or off'),
        params: IdParams,
        body: storeBody,
        response: { 200: PlatformStoreSchema, ...putRefusals },
      },
    },
    async ({ params, body }) => putStore(app, params.id, body),
  )

  app.get(
    '/admins/',
    {
      schema: {
        ...describe('List admins'),
        querystring: listQuery,
        response: {
          200: Type.Object({ data: Type.Array(PlatformAdminSchema), next_cursor }),
          ...refusals(400, 401, 503),
        },
      },
    },
    async ({ query }) => listAdmins(app.db, query),
  )

  app.get(
    '/admins/:id/',
    {
      schema: {
        ...describe('Get an admin'),
        params: IdParams,
        response: { 200: PlatformAdminSchema, ...refusals(400, 401, 404, 503) },
      },
    },
    async ({ params }) => getAdmin(app.db, params.id),
  )

  app.put(
    '/admins/:id/',
    {
      schema: {
        ...describe('Create or replace an admin, set its role, or switch it on or off'),
        params: IdParams,
        body: adminBody,
        response: { 200: PlatformAdminSchema, ...putRefusals },
      },
    },
    async ({ params, body }) => putAdmin(app, params.id, body),
  )

  app.post(
    '/accounts/sign-out/',
    {
      schema: {
        ...describe('End all tokens and JWTs that were issued to an account before now'),
        body: Type.Object(ownerFields),
        response: {
          200: Type.Object({ status: Type.Literal('ok') }),
          ...refusals(400, 401, 404, 413, 415, 503),
        },
      },
    },
    async ({ body }) => {
      await signOut(app, readOwner(body))
      return { status: 'ok' as const }
    },
  )
}
