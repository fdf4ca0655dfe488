import { Type } from '@sinclair/typebox'
import { publishUnread } from '../events/publish.js'
import { describeRoute, refusals, type App } from '../http/describe-route.js'
import { LimitSchema } from '../protocol/schemas/paging.js'
import { countUnread, toUnreadCount } from './count-unread.js'
import { listNotifications } from './notifications.js'
import { readAllNotifications, readNotification } from './read-notifications.js'
import { IdSchema } from '../protocol/schemas/id.js'
import { NotificationSchema, UnreadCountSchema } from '../protocol/schemas/notifications.js'

const done = { success: Type.Literal(true), message: Type.String() }
const DoneSchema = Type.Object(done)
const listQuery = Type.Object({
  limit: LimitSchema,
  before: Type.Optional(Type.Integer({ ...IdSchema, description: 'The last id of the previous page.' })),
})
const describe = (summary: string) => describeRoute('admin', summary)

export async function notificationRoutes(app: App): Promise<void> {
  app.addHook('onRequest', app.requireAccount('admin'))

  app.get(
    '/admin/notifications/',
    {
      schema: {
        ...describe('List notifications, newest first'),
        querystring: listQuery,
        response: {
          200: Type.Object({ ...done, data: Type.Array(NotificationSchema) }),
          ...refusals(400, 401, 403, 503),
        },
      },
    },
    async ({ account, query }) => {
      const data = await listNotifications(app.db, account.id, query)
      return { success: true as const, message: 'Notifications', data }
    },
  )

  app.get(
    '/admin/notifications/count/',
    {
      schema: {
        ...describe('Count unread notifications'),
        response: {
          200: Type.Object({ ...done, data: UnreadCountSchema }),
          ...refusals(401, 403, 503),
        },
      },
    },
    async ({ account: { id } }) => {
      const data = (await countUnread(app.db, [id])).get(id) ?? toUnreadCount(0)
      return { success: true as const, message: 'Unread notifications', data }
    },
  )

  app.post(
    '/admin/notifications/read/',
    {
      schema: {
        ...describe('Mark a notification as read'),
        body: Type.Object({ id: IdSchema }),
        response: { 200: DoneSchema, ...refusals(400, 401, 403, 404, 413, 415, 503) },
      },
    },
    async ({ account, body }) => {
      await readNotification(app.db, account.id, body.id)
      publishUnread(app.pubsub, account.id)
      return { success: true as const, message: 'Notification read' }
    },
  )

  app.post(
    '/admin/notifications/read-all/',
    {
      schema: {
        ...describe('Mark all notifications as read'),
        response: { 200: DoneSchema, ...refusals(400, 401, 403, 413, 415, 503) },
      },
    },
    async ({ account }) => {
      await readAllNotifications(app.db, account.id)
      publishUnread(app.pubsub, account.id)
      return { success: true as const, message: 'All notifications read' }
    },
  )
}
