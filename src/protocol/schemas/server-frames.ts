import { Type } from '@sinclair/typebox'
import { AdminRoleSchema } from './accounts.js'
import { IdSchema } from './id.js'
import { MessageSchema, SideSchema } from './messages.js'
import { SessionSchema } from './sessions.js'
import { UnreadCountSchema } from './notifications.js'
import { ClientLimitsSchema } from './client-limits.js'
import { noteFrame, sessionDetailsFrame } from './desk.js'

const SeqSchema = Type.Integer({
  minimum: 1,
  description: 'Counts the durable events of the session, without a gap. Remember the last one you saw.',
})
const NoticeSchema = Type.Object({ admin_id: IdSchema, message: Type.String() })
const describe = (description: string) => ({ description })

/** What the server sends, by type: the schemas of the payloads, for the protocol's description. */
export const serverFrames = {
  ready: Type.Object(
    {
      session: Type.Union([Type.Object({ ...SessionSchema.properties, seq: SeqSchema }), Type.Null()]),
      resume: Type.Boolean({ description: 'Whether the server takes `resume`.' }),
      epoch: Type.String({
        description:
          'The history that `seq` counts in: another one after the database was restored or a standby was promoted. Keep it beside your seqs, and send it with `resume`.',
      }),
      account: Type.Object(
        { side: SideSchema, id: IdSchema, role: Type.Optional(AdminRoleSchema) },
        { description: 'Whom the token belongs to; an admin has a role.' },
      ),
      limits: ClientLimitsSchema,
    },
    describe('The first frame. A store gets its active session, if it has one.'),
  ),
  message: Type.Object(
    { message: MessageSchema, seq: SeqSchema },
    describe(
      "A message is stored. Comes to both sides, to the sender's sockets too; while nobody holds the session, to every admin.",
    ),
  ),
  message_status: Type.Object(
    {
      session_id: IdSchema,
      status: Type.Union([Type.Literal('delivered'), Type.Literal('read')]),
      up_to_message_id: IdSchema,
      by: SideSchema,
    },
    describe('Every message of yours up to that id has at least that status.'),
  ),
  session_read: Type.Object(
    { session_id: IdSchema, up_to_message_id: IdSchema },
    describe(
      'You have read a session: all messages of the other side up to that id. Comes to all sockets of the account, except the socket that sent the `read`.',
    ),
  ),
  admin_connected: { ...NoticeSchema, description: 'To the store: an admin has claimed the session.' },
  admin_disconnected: {
    ...NoticeSchema,
    description: 'To the store: the admin has released the session or handed it over.',
  },
  session_update: Type.Object(
    { session: SessionSchema, seq: SeqSchema },
    describe('A session was created, claimed, released, transferred or closed. Comes to its store and to every admin.'),
  ),
  new_notification: { ...UnreadCountSchema, description: 'To an admin: how many notifications are unread now.' },
  session_details: sessionDetailsFrame,
  note: noteFrame,
  presence: Type.Object(
    { session_id: IdSchema, sender_type: SideSchema, online: Type.Boolean() },
    describe('The other side of a session has come or gone. Until told otherwise it is not there.'),
  ),
  typing: Type.Object(
    { session_id: IdSchema, sender_type: SideSchema, sender_id: IdSchema, is_typing: Type.Boolean() },
    describe(
      'The other side types, or has stopped. Ends by itself after 6 s, and at once for an admin who sees the session no longer.',
    ),
  ),
  sync: Type.Object(
    {
      session: SessionSchema,
      messages: Type.Array(MessageSchema, { maxItems: 200 }),
      seq: SeqSchema,
      complete: Type.Boolean({ description: 'false: there are more; ask for the history over HTTP.' }),
      reset: Type.Optional(
        Type.Literal(true, {
          description:
            'The database is back at an earlier state. Forget what you know of the session: this is its beginning, with its newest messages. Also comes unasked.',
        }),
      ),
    },
    describe(
      'The answer to `resume`, one for each session: how it stands, and the messages that were missed up to `seq`. What lies beyond comes live, or has.',
    ),
  ),
  error: Type.Object(
    {
      code: Type.String({
        examples: ['invalid_input', 'forbidden', 'not_found', 'conflict', 'too_many', 'unavailable'],
      }),
      message: Type.String(),
      client_message_id: Type.Optional(Type.String()),
      type: Type.Optional(Type.String({ description: 'The type of the frame that this answers.' })),
      session_id: Type.Optional(
        Type.Integer({ description: 'The session that the frame named; of a resume, which one.' }),
      ),
    },
    describe('What was wrong with a frame of yours. The socket stays open.'),
  ),
  pong: Type.Object({}, describe('The answer to `ping`.')),
}
