import { Type } from '@sinclair/typebox'
import { IdSchema } from '../../protocol/schemas/id.js'
import { describeRoute, refusals, type App } from '../../http/describe-route.js'
import { createWebhook, deleteWebhook, listWebhooks, readWebhook, rotateSecret, updateWebhook } from '../webhooks.js'
import { WebhookInputSchema, WebhookPatchSchema, WebhookSchema, WebhookWithSecretSchema } from '../webhook.js'

export const WebhookParams = Type.Object({ id: IdSchema })
const describe = (summary: string) => describeRoute('platform', summary)

/** Routes for the platform's backend that manage its webhooks. */
export async function webhookRoutes(app: App): Promise<void> {
  const { db, webhooks } = app

  app.post(
    '/webhooks/',
    {
      schema: {
        ...describe('Create a webhook; it receives the events from now on'),
        body: WebhookInputSchema,
        response: { 200: WebhookWithSecretSchema, ...refusals(400, 401, 409, 413, 415, 503) },
      },
    },
    async ({ body }) => {
      const webhook = await createWebhook(db, body, webhooks.longestStatementMs)
      webhooks.wake()
      return webhook
    },
  )

  app.get(
    '/webhooks/',
    {
      schema: {
        ...describe('List webhooks'),
        response: { 200: Type.Object({ data: Type.Array(WebhookSchema) }), ...refusals(401, 503) },
      },
    },
    async () => ({ data: await listWebhooks(db) }),
  )

  app.get(
    '/webhooks/:id/',
    {
      schema: {
        ...describe('Read a webhook'),
        params: WebhookParams,
        response: { 200: WebhookSchema, ...refusals(400, 401, 404, 503) },
      },
    },
    async ({ params }) => readWebhook(db, params.id),
  )

  app.patch(
    '/webhooks/:id/',
    {
      schema: {
        ...describe('Change a webhook, or switch it off and on'),
        params: WebhookParams,
        body: WebhookPatchSchema,
        response: { 200: WebhookSchema, ...refusals(400, 401, 404, 413, 415, 503) },
      },
    },
    async ({ params, body }) => {
      const webhook = await updateWebhook(db, params.id, body)
      webhooks.wake()
      return webhook
    },
  )

  app.delete(
    '/webhooks/:id/',
    {
      schema: {
        ...describe('Delete a webhook and its log'),
        params: WebhookParams,
        response: { 200: WebhookSchema, ...refusals(400, 401, 404, 413, 415, 503) },
      },
    },
    async ({ params }) => {
      const webhook = await deleteWebhook(db, params.id)
      webhooks.wake()
      return webhook
    },
  )

  app.post(
    '/webhooks/:id/rotate/',
    {
      schema: {
        ...describe('Give a webhook a new secret; events are also signed with the previous one for a day'),
        params: WebhookParams,
        response: { 200: WebhookWithSecretSchema, ...refusals(400, 401, 404, 413, 415, 503) },
      },
    },
    async ({ params }) => rotateSecret(db, params.id),
  )
}
