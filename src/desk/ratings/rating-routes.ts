import { Type } from '@sinclair/typebox'
import { describeRoute, refusals, type App } from '../../http/describe-route.js'
import { RatingInputSchema, RatingSchema } from '../../protocol/schemas/desk.js'
import { IdSchema } from '../../protocol/schemas/id.js'
import { rateSession, readRating } from './rate-session.js'

/** The routes by which stores rate their sessions. */
export async function ratingRoutes(app: App): Promise<void> {
  app.addHook('onRequest', app.requireAccount('store'))

  app.post(
    '/store/rating/',
    {
      schema: {
        ...describeRoute('store', 'Rate a closed session of yours, or change its rating'),
        body: RatingInputSchema,
        response: { 200: RatingSchema, ...refusals(400, 401, 403, 404, 409, 413, 415, 503) },
      },
    },
    async ({ account, body }) => rateSession(app.db, account, body),
  )

  app.get(
    '/store/rating/',
    {
      schema: {
        ...describeRoute('store', 'Get your rating of a session'),
        querystring: Type.Object({ session_id: IdSchema }),
        response: { 200: RatingSchema, ...refusals(400, 401, 403, 404, 503) },
      },
    },
    async ({ account, query }) => readRating(app.db, account, query.session_id),
  )
}
