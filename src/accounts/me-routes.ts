import { Type } from '@sinclair/typebox'
import { type Config, readClientLimits } from '../config/config.js'
import { describeRoute, refusals, type App } from '../http/describe-route.js'
import { readAccountName } from './accounts.js'
import { AdminRoleSchema } from '../protocol/schemas/accounts.js'
import { IdSchema } from '../protocol/schemas/id.js'
import { ClientLimitsSchema } from '../protocol/schemas/client-limits.js'

const MeSchema = Type.Object(
  {
    side: Type.Union([Type.Literal('store'), Type.Literal('admin')]),
    id: IdSchema,
    name: Type.String(),
    role: Type.Optional({ ...AdminRoleSchema, description: 'Only of an admin.' }),
    limits: ClientLimitsSchema,
  },
  { title: 'Me' },
)

/** Answers whom a token belongs to, and which limits apply to it. */
export async function meRoutes(app: App, { config }: { config: Config }): Promise<void> {
  const limits = readClientLimits(config)
  app.get(
    '/me/',
    {
      onRequest: app.requireAccount(),
      schema: {
        ...describeRoute('both', 'Get your own account and the limits of its sockets'),
        response: { 200: MeSchema, ...refusals(401, 503) },
      },
    },
    async ({ account: { side, id, role } }) => {
      return { side, id, name: await readAccountName(app.db, side, id), ...(role && { role }), limits }
    },
  )
}
