import { Type } from '@sinclair/typebox'
import { describeRoute, refusals, type App } from '../http/describe-route.js'
import { IdSchema } from '../protocol/schemas/id.js'
import { LimitSchema } from '../protocol/schemas/paging.js'
import { SearchPageSchema } from '../protocol/schemas/search.js'
import { CursorSchema } from '../sessions/list-items.js'
import { MomentSchema } from '../times/read-moment.js'
import { searchMessages } from './search.js'

const LONGEST_QUESTION = 200

export async function searchRoutes(app: App): Promise<void> {
  app.addHook('onRequest', app.requireAccount('admin'))

  app.get(
    '/admin/search/',
    {
      schema: {
        ...describeRoute('admin', 'Search the messages that you may read, newest first'),
        description:
          'Words are found in any order; quotation marks, `or` and a minus before a word mean what they mean to search engines. Without them, parts of words are found, too.',
        querystring: Type.Object({
          q: Type.String({
            minLength: 1,
            maxLength: LONGEST_QUESTION,
            pattern: '\\S',
            format: 'text',
            examples: ['parcel 10023'],
          }),
          store_id: Type.Optional(IdSchema),
          from: MomentSchema('Messages that were sent then or later.'),
          to: MomentSchema('Messages that were sent before.'),
          limit: LimitSchema,
          cursor: CursorSchema,
        }),
        response: { 200: SearchPageSchema, ...refusals(400, 401, 403, 503) },
      },
    },
    async ({ account, query }) => searchMessages(app.getSearchDeps(), account, query),
  )
}
