import { describeRoute, refusals, type App } from '../../http/describe-route.js'
import { SessionDetailsInputSchema, SessionForAdminsWithStoreSchema } from '../../protocol/schemas/desk.js'
import { updateDetails } from './update-details.js'

/** The route that changes tags and priority. */
export async function detailsRoutes(app: App): Promise<void> {
  app.post(
    '/admin/session/update/',
    {
      schema: {
        ...describeRoute('admin', 'Change the tags or the priority of a session; its store never sees them'),
        body: SessionDetailsInputSchema,
        response: { 200: SessionForAdminsWithStoreSchema, ...refusals(400, 401, 403, 404, 413, 415, 503) },
      },
    },
    async ({ account, body }) => updateDetails(app.deps, account, body),
  )
}
