import { timingSafeEqual } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import { invalidInput } from '../errors/request-error.js'
import { describeRoute, refusals, type App } from '../http/describe-route.js'
import { LimitSchema } from '../http/paging.js'
import { AccessTokenSchema, issueToken, LifeSchema, listTokens, revokeToken } from './access-tokens.js'
import { AdminInputSchema, StoreInputSchema, upsertAdmin, upsertStore } from './accounts.js'
import { hashToken, readAuthorization } from './tokens.js'
import { IdSchema } from '../protocol/schemas/id.js'
import { AdminSchema, StoreSchema } from '../protocol/schemas/accounts.js'

const IdParams = Type.Object({ id: IdSchema })
const IssuedTokenSchema = Type.Object(
  { ...AccessTokenSchema.properties, token: Type.String({ description: 'Shown this once.' }) },
  { title: 'IssuedToken' },
)
const issueBody = Type.Object({
  store_id: Type.Optional(IdSchema),
  admin_id: Type.Optional(IdSchema),
  expires: Type.Optional(LifeSchema),
})
const tokenQuery = Type.Object({
  store_id: Type.Optional(IdSchema),
  admin_id: Type.Optional(IdSchema),
  limit: LimitSchema,
  after: Type.Optional(
    Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Last id of the page before.' }),
  ),
})
const describe = (summary: string) => describeRoute('platform', summary)

/** For the platform's own backend: its stores, its admins and their tokens. Only with PLATFORM_TOKEN. */
export async function platformRoutes(app: App, { platformToken }: { platformToken: string }): Promise<void> {
  const expected = hashToken(platformToken)
  app.addHook('onRequest', async ({ headers, ip }) => {
    const token = readAuthorization(headers.authorization)
    if (token === undefined || !timingSafeEqual(hashToken(token), expected)) throw app.limits.failAuthentication(ip)
  })

  app.put(
    '/stores/:id/',
    {
      schema: {
        ...describe('Create or replace a store'),
        params: IdParams,
        body: StoreInputSchema,
        response: { 200: StoreSchema, ...refusals(400, 401, 413, 415, 503) },
      },
    },
    async ({ params, body }) => upsertStore(app.db, params.id, body),
  )

  app.put(
    '/admins/:id/',
    {
      schema: {
        ...describe('Create or replace an admin'),
        params: IdParams,
        body: AdminInputSchema,
        response: { 200: AdminSchema, ...refusals(400, 401, 413, 415, 503) },
      },
    },
    async ({ params, body }) => upsertAdmin(app.db, params.id, body),
  )

  app.post(
    '/tokens/',
    {
      schema: {
        ...describe('Issue a token for a store or an admin'),
        body: issueBody,
        response: { 200: IssuedTokenSchema, ...refusals(400, 401, 404, 413, 415, 503) },
      },
    },
    async ({ body }) => issueToken(app.db, readOwner(body), body.expires),
  )

  app.get(
    '/tokens/',
    {
      schema: {
        ...describe('List tokens'),
        querystring: tokenQuery,
        response: { 200: Type.Object({ data: Type.Array(AccessTokenSchema) }), ...refusals(400, 401, 503) },
      },
    },
    async ({ query }) => ({ data: await listTokens(app.db, query) }),
  )

  app.delete(
    '/tokens/:id/',
    {
      schema: {
        ...describe('Revoke a token'),
        params: IdParams,
        response: { 200: AccessTokenSchema, ...refusals(400, 401, 404, 413, 415, 503) },
      },
    },
    async ({ params }) => revokeToken(app.db, app.pubsub, params.id),
  )
}

function readOwner({ store_id, admin_id }: { store_id?: number; admin_id?: number }) {
  if (store_id !== undefined && admin_id === undefined) return { side: 'store' as const, id: store_id }
  if (admin_id !== undefined && store_id === undefined) return { side: 'admin' as const, id: admin_id }
  throw invalidInput([{ field: 'store_id', message: 'or admin_id is needed, and only one of them' }])
}
