import { Type } from '@sinclair/typebox'
import { IdSchema } from '../../protocol/schemas/id.js'
import { describeRoute, refusals, type App } from '../../http/describe-route.js'
import { LimitSchema } from '../../protocol/schemas/paging.js'
import { DeliverySchema, DeliveryStatusSchema, listDeliveries } from '../deliveries.js'
import { replayDelivery, sendTest } from './manual-delivery.js'
import { WebhookParams } from './webhook-routes.js'
import { readWebhook } from '../webhooks.js'

const deliveryQuery = Type.Object({
  status: Type.Optional(DeliveryStatusSchema),
  limit: LimitSchema,
  before: Type.Optional(
    Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'Last id of the previous page.' }),
  ),
})
const DeliveryParams = Type.Object({ id: IdSchema })
const describe = (summary: string) => describeRoute('platform', summary)

/** Routes for the platform's backend about the deliveries of its webhooks. */
export async function deliveryRoutes(app: App): Promise<void> {
  const { db, webhooks } = app

  app.post(
    '/webhooks/:id/test/',
    {
      schema: {
        ...describe('Send a test event now, and return the outcome'),
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
        ...describe('List deliveries, newest first; successful ones are kept for a week'),
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
        ...describe('Deliver an event again; after one that was given up, its session continues'),
        params: DeliveryParams,
        response: { 200: DeliverySchema, ...refusals(400, 401, 404, 409, 413, 415, 503) },
      },
    },
    async ({ params }) => replayDelivery(webhooks, params.id),
  )
}
