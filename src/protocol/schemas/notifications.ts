import { Type, type Static } from '@sinclair/typebox'
import { IdSchema } from './id.js'
import { MAX_UNREAD_COUNT, MAX_NOTIFICATIONS_EXAMINED } from '../limits.js'

export const NotificationSchema = Type.Object(
  {
    id: IdSchema,
    admin_id: Type.Integer({ description: 'The caller.' }),
    message_id: IdSchema,
    session_id: IdSchema,
    store_id: IdSchema,
    store_name: Type.String(),
    store_logo: Type.String(),
    content: Type.String({ description: 'The first 140 characters.' }),
    is_read: Type.Boolean(),
    created_at: Type.String({ format: 'date-time' }),
  },
  { title: 'Notification' },
)

export const UnreadCountSchema = Type.Object(
  {
    count: Type.Integer({
      minimum: 0,
      maximum: MAX_UNREAD_COUNT,
      description:
        `Exact up to ${MAX_UNREAD_COUNT}, while the admin has no more than ${MAX_NOTIFICATIONS_EXAMINED.toLocaleString('en')} notifications, ` +
        'of its own sessions and of open ones each, that are newer than its oldest unread one.',
    }),
    has_more: Type.Optional(
      Type.Literal(true, { description: 'Only when there may be more unread ones than `count`: show it as "999+".' }),
    ),
  },
  { title: 'UnreadCount' },
)

export type UnreadCount = Static<typeof UnreadCountSchema>
