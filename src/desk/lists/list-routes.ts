import { Type } from '@sinclair/typebox'
import { invalidInput } from '../../errors/request-error.js'
import { describeRoute, refusals, type App } from '../../http/describe-route.js'
import { PrioritySchema, SessionCountsSchema, TagInputSchema } from '../../protocol/schemas/desk.js'
import { IdSchema } from '../../protocol/schemas/id.js'
import { LimitSchema } from '../../protocol/schemas/paging.js'
import { SessionStatusSchema } from '../../protocol/schemas/sessions.js'
import { CursorSchema, SessionPageSchema } from '../../sessions/list-items.js'
import { normalizeTag } from '../details/tags.js'
import { countSessions } from './count-sessions.js'
import { AllSessionsPageSchema, listAllSessions } from './list-all-sessions.js'
import { listHeldSessions } from './list-held-sessions.js'
import { listOpenSessions } from './list-open-sessions.js'

const page = { limit: LimitSchema, cursor: CursorSchema }
const tag = Type.Optional(TagInputSchema)
const time = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }))
const openQuery = Type.Object({ ...page, tag, priority: Type.Optional(PrioritySchema) })
const heldQuery = Type.Object({ ...page, tag })
const allQuery = Type.Object({
  ...page,
  status: Type.Optional(SessionStatusSchema),
  store_id: Type.Optional(IdSchema),
  admin_id: Type.Optional(Type.Integer({ ...IdSchema, description: 'Who holds the session, or held it last.' })),
  tag,
  from: time('Only sessions created at this time or later.'),
  to: time('Only sessions created before this time.'),
})
const describe = (summary: string) => describeRoute('admin', summary)

/** The routes that list and count sessions for admins. */
export async function listRoutes(app: App): Promise<void> {
  app.get(
    '/admin/sessions/open/',
    {
      schema: {
        ...describe('List the sessions that nobody holds: the most urgent first, then the longest waiting'),
        querystring: openQuery,
        response: { 200: SessionPageSchema, ...refusals(400, 401, 403, 503) },
      },
    },
    async ({ query }) => listOpenSessions(app.db, { ...query, tag: readTag(query.tag) }),
  )

  app.get(
    '/admin/sessions/my/',
    {
      schema: {
        ...describe('List the sessions you hold, newest message first'),
        querystring: heldQuery,
        response: { 200: SessionPageSchema, ...refusals(400, 401, 403, 503) },
      },
    },
    async ({ account, query }) => listHeldSessions(app.db, account.id, { ...query, tag: readTag(query.tag) }),
  )

  app.get(
    '/admin/sessions/',
    {
      schema: {
        ...describe('List the sessions that you may read, closed ones included, newest first'),
        querystring: allQuery,
        response: { 200: AllSessionsPageSchema, ...refusals(400, 401, 403, 503) },
      },
    },
    async ({ account, query: { store_id: storeId, admin_id: holderId, from, to, ...query } }) =>
      listAllSessions(app.db, account, {
        ...query,
        ...{ storeId, holderId, tag: readTag(query.tag) },
        ...{ from: readTime('from', from), to: readTime('to', to) },
      }),
  )

  app.get(
    '/admin/sessions/counts/',
    {
      schema: {
        ...describe('Count the sessions that are not closed: open ones, yours, urgent ones, and those of each tag'),
        response: { 200: SessionCountsSchema, ...refusals(401, 403, 503) },
      },
    },
    async ({ account }) => countSessions(app.db, account),
  )
}

const readTag = (tag: string | undefined) => (tag === undefined ? undefined : normalizeTag(tag))

/**
 * Converts to milliseconds since the epoch. The format `date-time` admits times that `Date` does not, such as a leap
 * second.
 */
function readTime(field: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw invalidInput([{ field, message: 'is not a time' }])
  return time
}
