import { Type } from '@sinclair/typebox'
import { describeRoute, refusals, type App } from '../../http/describe-route.js'
import { ColleagueSchema } from '../../protocol/schemas/desk.js'
import { listColleagues } from './list-colleagues.js'

const ColleaguesSchema = Type.Object({ data: Type.Array(ColleagueSchema, { description: 'By name.' }) })

/** The route that lists admins, for transfers. */
export async function colleagueRoutes(app: App): Promise<void> {
  app.get(
    '/admin/admins/',
    {
      schema: {
        ...describeRoute('admin', 'List the admins: who is online, and how many sessions each holds'),
        response: { 200: ColleaguesSchema, ...refusals(401, 403, 503) },
      },
    },
    async () => ({ data: await listColleagues(app.db) }),
  )
}
