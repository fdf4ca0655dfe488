import { Type } from '@sinclair/typebox'
import { invalidInput } from '../errors/request-error.js'
import { describeRoute, refusals, type App } from '../http/describe-route.js'
import { LimitSchema } from '../protocol/schemas/paging.js'
import { toSession } from '../database/rows/sessions.js'
import { createDetailsReader } from '../desk/details/read-details.js'
import { readMessages } from './read-messages.js'
import { markRead } from '../receipts/record-receipts.js'
import { sendMessage } from './send-message.js'
import { IdSchema } from '../protocol/schemas/id.js'
import {
  MessageSchema,
  AdminMessageInputSchema,
  ClientMessageIdSchema,
  StoreMessageInputSchema,
  type MessageInput,
} from '../protocol/schemas/messages.js'
import { SessionForAdminsSchema } from '../protocol/schemas/desk.js'
import { SessionSchema } from '../protocol/schemas/sessions.js'

const SentSchema = Type.Object({ session: SessionSchema, message: MessageSchema })
const SentByAdminSchema = Type.Object({ session: SessionForAdminsSchema, message: MessageSchema })
const HistorySchema = Type.Object({
  data: Type.Array(MessageSchema, { description: 'Oldest first.' }),
  has_more: Type.Boolean({ description: 'Whether there are more in the direction of paging.' }),
})
const idempotencyHeader = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ ...ClientMessageIdSchema, description: 'The same as `client_message_id` in the body.' }),
  ),
})
const cursor = (description: string) => Type.Optional(Type.Integer({ ...IdSchema, description }))
const page = {
  before: cursor('A message id: the newest messages before it.'),
  after: cursor('A message id: the oldest messages after it.'),
  limit: LimitSchema,
}

export async function messageRoutes(app: App): Promise<void> {
  const readDetails = createDetailsReader(app.db)
  const deps = { ...app.deps, history: app.history }

  app.post(
    '/store/message/',
    {
      onRequest: app.requireAccount('store'),
      preHandler: app.limitMessages,
      schema: {
        ...describeRoute('store', 'Send a message; makes the session if there is none'),
        headers: idempotencyHeader,
        body: StoreMessageInputSchema,
        response: { 200: SentSchema, ...refusals(400, 401, 403, 409, 413, 415, 503) },
      },
    },
    async ({ account, headers, body }) => {
      const input = withIdempotencyKey(body, headers['idempotency-key'])
      const { session, message } = await sendMessage(app.deps, account, input)
      return { session: toSession(session), message }
    },
  )

  app.post(
    '/admin/message/',
    {
      onRequest: app.requireAccount('admin'),
      preHandler: app.limitMessages,
      schema: {
        ...describeRoute('admin', 'Send a message into a session you hold'),
        headers: idempotencyHeader,
        body: AdminMessageInputSchema,
        response: { 200: SentByAdminSchema, ...refusals(400, 401, 403, 404, 409, 413, 415, 503) },
      },
    },
    async ({ account, headers, body }) => {
      const input = withIdempotencyKey(body, headers['idempotency-key'])
      // Read beside the send, which is not to wait for it.
      const [{ session, message }, details] = await Promise.all([
        sendMessage(app.deps, account, input),
        readDetails(body.session_id),
      ])
      return { session: { ...toSession(session), ...details }, message }
    },
  )

  app.get(
    '/store/messages/',
    {
      onRequest: app.requireAccount('store'),
      schema: {
        ...describeRoute('store', 'Read the history of the active session, or of any of yours'),
        querystring: Type.Object({ session_id: Type.Optional(IdSchema), ...page }),
        response: { 200: HistorySchema, ...refusals(400, 401, 403, 404, 503) },
      },
    },
    async ({ account, query }) => readMessages(deps, account, query),
  )

  app.get(
    '/admin/messages/',
    {
      onRequest: app.requireAccount('admin'),
      schema: {
        ...describeRoute('admin', 'Read the history of a session'),
        querystring: Type.Object({ session_id: IdSchema, ...page }),
        response: { 200: HistorySchema, ...refusals(400, 401, 403, 404, 503) },
      },
    },
    async ({ account, query }) => readMessages(deps, account, query),
  )

  app.post(
    '/message/read/',
    {
      onRequest: app.requireAccount(),
      schema: {
        ...describeRoute('both', "Mark the other side's messages of a session read"),
        body: Type.Object({ session_id: IdSchema }),
        response: {
          200: Type.Object({ status: Type.Literal('ok') }),
          ...refusals(400, 401, 403, 404, 413, 415, 503),
        },
      },
    },
    async ({ account, body }) => {
      await markRead(app.deps, account, body.session_id)
      return { status: 'ok' as const }
    },
  )
}

function withIdempotencyKey<Input extends MessageInput>(input: Input, key: string | undefined): Input {
  if (key === undefined || input.client_message_id === key) return input
  if (input.client_message_id === undefined) return { ...input, client_message_id: key }
  throw invalidInput([{ field: 'client_message_id', message: 'differs from the Idempotency-Key' }])
}
