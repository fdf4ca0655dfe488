import { Type, type TSchema } from '@sinclair/typebox'
import { eventData, TEST_TYPE, TestDataSchema } from './event.js'

const summaries: Record<keyof typeof eventData | typeof TEST_TYPE, string> = {
  'session.created': 'A store has opened a session',
  'session.claimed': 'An admin has claimed a session',
  'session.released': 'An admin has given a session back',
  'session.transferred': 'An admin has transferred a session to another admin',
  'session.closed': 'A session was closed',
  'message.created': 'A message was stored',
  'message.unread': 'A store has left messages of an admin unread for MAIL_AFTER_MINUTES; once until it reads',
  'webhook.test': 'The platform has asked for a test event',
}

const description = `Signed according to Standard Webhooks. Each event of a session is sent at least once and in the order of
\`seq\`; \`webhook-id\` is the same at each attempt. If an event fails, the later events of its session wait for it.`

const Header = (name: string, text: string) => ({
  ...{ name, in: 'header', required: true, description: text },
  schema: { type: 'string' as const },
})
const headers = [
  Header('webhook-id', 'Id of the event.'),
  Header('webhook-timestamp', 'Time of this attempt, in seconds since the epoch.'),
  Header('webhook-signature', '`v1,<base64>`; two of them, separated by a space, while the secret is being replaced.'),
]

/** Creates the `webhooks` of the OpenAPI document from the schemas of the events. */
export function describeWebhooks() {
  const data: [string, TSchema][] = [...Object.entries(eventData), [TEST_TYPE, TestDataSchema]]
  return Object.fromEntries(
    data.map(([type, schema]) => [type, { post: describe(type as keyof typeof summaries, schema) }]),
  )
}

function describe(type: keyof typeof summaries, data: TSchema) {
  const schema: object = Type.Object({
    type: Type.Literal(type),
    timestamp: Type.String({ format: 'date-time' }),
    data,
  })
  return {
    ...{ summary: summaries[type], description, tags: ['platform'], security: [], parameters: headers },
    requestBody: { required: true, content: { 'application/json': { schema } } },
    responses: {
      '2XX': { description: 'The event is delivered.' },
      '410': { description: 'The webhook is switched off.' },
      default: { description: 'The event is sent again later.' },
    },
  }
}
