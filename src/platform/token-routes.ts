import { Type } from '@sinclair/typebox'
import { AccessTokenSchema, issueToken, LifeSchema, listTokens, revokeToken } from '../accounts/access-tokens.js'
import { describeRoute, refusals, type App } from '../http/describe-route.js'
import { LimitSchema } from '../protocol/schemas/paging.js'
import { IdSchema } from '../protocol/schemas/id.js'
import { ownerFields, readOwner } from './owner.js'

const IdParams = Type.Object({ id: IdSchema })
const IssuedTokenSchema = Type.Object(
  {
    ...AccessTokenSchema.properties,
    token: Type.String({ description: 'The token itself. It cannot be read again.' }),
  },
  { title: 'IssuedToken' },
)
const issueBody = Type.Object({ ...ownerFields, expires: Type.Optional(LifeSchema) })
const tokenQuery = Type.Object({
  ...ownerFields,
  limit: LimitSchema,
  after: Type.Optional(
    Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Last id of the previous page.' }),
  ),
})
const describe = (summary: string) => describeRoute('platform', summary)

/** The routes of the tokens of stores and admins. */
export async function tokenRoutes(app: App): Promise<void> {
  app.post(
    '/tokens/',
    {
      schema: {
        ...describe('Issue a token for a store or an admin'),
        body: issueBody,
        response: { 200: IssuedTokenSchema, ...refusals(400, 401, 404, 409, 413, 415, 503) },
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
