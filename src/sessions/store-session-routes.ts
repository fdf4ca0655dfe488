import { refusals, sendJson, type App } from '../http.js'
import { markDelivered } from '../messages/receipts.js'
import { getOrCreateSession } from './get-or-create-session.js'
import { StoreSessionSchema } from './session.js'

export async function storeSessionRoutes(app: App): Promise<void> {
  app.get(
    '/store/session/',
    {
      onRequest: app.requireAccount('store'),
      schema: {
        tags: ['store'],
        summary: 'Get or create the one active session',
        description: '`store` is present once an admin has claimed the session.',
        security: [{ token: [] }],
        response: { 200: StoreSessionSchema, ...refusals(401, 403, 503) },
      },
    },
    async ({ account }, reply) => {
      const { sessionId, undeliveredUpTo, json } = await getOrCreateSession(app.sessions, account.id)
      if (undeliveredUpTo !== null) {
        await markDelivered(app.db, { sessionId, side: 'store', upToMessageId: undeliveredUpTo })
      }
      return sendJson(reply, json)
    },
  )
}
