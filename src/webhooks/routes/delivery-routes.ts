import { Type } from '@sinclair/typebox'
import { IdSchema } from '../../protocol/schemas/id.js'
import { describeRoute, refusals, type App } from '../../http/describe-route.js'
import { LimitSchema } from '../../protocol/schemas/paging.js'
import { DeliverySchema, DeliveryStatusSchema, listDeliveries } from '../deliveries.js'
import { replayDelivery, sendTest } from './send-beside.js'
import { WebhookParams } from './webhook-routes.js'
import { readWebhook } from '../webhooks.js'

const deliveryQuery = Type.Object({
  status: Type.Optional(DeliveryStatusSchema),
  limit: LimitSchema,
  before: Type.Optional(
    Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'Last id of the page before.' }),
  ),
})
const DeliveryParams = Type.Object({ id: IdSchema })
const describe = (summary: string) => describeRoute('platform', summary)

/** For the platform's own backend: what became of its events. */
export async function deliveryRoutes(app: App): Promise<void> {
  const { db, webhooks } = app

  app.post(
    '/webhooks/:id/test/',
    {
      schema: {
        ...describe('Send a test event now, and say what was answered'),
        params: WebhookParams,
        response: { 200: DeliverySchema, ...refusals(400, 401, 404, 413, 415, 503) },
      },
    },
    async ({ params }) => sendTest(webhooks, params.id),
  )

  app.get(
    '/webhooks/:id/deliveries/',
    {
      schema: {
        ...describe('List deliveries, newest first; those that succeeded are kept for a week'),
        params: WebhookParams,
        querystring: deliveryQuery,
        response: { 200: Type.Object({ data: Type.Array(DeliverySchema) }), ...refusals(400, 401, 404, 503) },
      },
    },
    async ({ params, query }) => {
      const { id } = await readWebhook(db, params.id)
      return { data: await listDeliveries(db, id, query) }
    },
  )

  app.post(
    '/webhooks/deliveries/:id/replay/',
    {
      schema: {
        ...describe('Deliver an event again; one that was given up lets its session go on'),
        params: DeliveryParams,
        response: { 200: DeliverySchema, ...refusals(400, 401, 404, 409, 413, 415, 503) },
      },
    },
    async ({ params }) => replayDelivery(webhooks, params.id),
  )
}
