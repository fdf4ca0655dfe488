import { Type, type Static } from '@sinclair/typebox'
import { IdSchema } from '../accounts/accounts.js'
import type { FieldErrors, RequestError } from '../errors.js'
import { AdminMessageInputSchema, StoreMessageInputSchema } from '../messages/message-input.js'
import { createCheck } from '../validation.js'
import { readResume, SESSIONS_PER_RESUME, type Resume } from './read-resume.js'

/** Why the server ends a socket. */
export const closeCodes = {
  /** Reconnect, after a random pause. */
  goingAway: 1001,
  policy: 1008,
  tooBig: 1009,
  ourFault: 1011,
  /** Do not reconnect with this token. */
  tokenRevoked: 4001,
  /** Reconnect and resume. */
  tooSlow: 4008,
  tooManyFrames: 4029,
} as const

const InSession = { session_id: IdSchema }

export const TypingSchema = Type.Object({ is_typing: Type.Boolean() })
export const ResumeSchema = Type.Object({
  sessions: Type.Record(Type.String({ pattern: '^[1-9][0-9]{0,15}$' }), Type.Integer({ minimum: 0 }), {
    maxProperties: SESSIONS_PER_RESUME,
    description: 'The last seq seen, by session id.',
  }),
  epoch: Type.Optional(
    Type.String({
      maxLength: 100,
      description:
        'The `epoch` of the `ready` frame that these seqs go back to. Without it, a database that was restored is noticed only by a seq that it has not reached.',
    }),
  ),
})
const EmptySchema = Type.Object({})

/** What each side may send, by type. */
export const clientFrames = {
  store: {
    message: StoreMessageInputSchema,
    typing: TypingSchema,
    read: EmptySchema,
    resume: ResumeSchema,
    ping: EmptySchema,
  },
  admin: {
    message: AdminMessageInputSchema,
    typing: Type.Object({ ...TypingSchema.properties, ...InSession }),
    read: Type.Object(InSession),
    resume: ResumeSchema,
    ping: EmptySchema,
  },
} as const

export type ClientFrameType = keyof typeof clientFrames.store
type Payloads<S extends 'store' | 'admin'> = {
  [T in ClientFrameType]: T extends 'resume' ? Resume : Static<(typeof clientFrames)[S][T]>
}
/** What a client has sent, checked. Only an admin names the session. */
export type Payload<T extends ClientFrameType> = Payloads<'store'>[T] & Partial<Payloads<'admin'>[T]>

type Check = (payload: unknown) => unknown

const checksOf = (schemas: (typeof clientFrames)['store' | 'admin']) =>
  new Map<string, Check>([
    ...Object.entries(schemas).map(([type, schema]): [string, Check] => [type, createCheck(schema)]),
    ['resume', readResume],
  ])

/** By side and type: a check that returns the payload or throws a 400. */
export const clientFrameChecks = { store: checksOf(clientFrames.store), admin: checksOf(clientFrames.admin) }

/** A frame for a socket, as JSON. */
export const frame = (type: string, payload: object) => JSON.stringify({ type, payload })

const errorCodes: Record<number, string> = {
  400: 'invalid_input',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  429: 'too_many',
  503: 'unavailable',
}

/** Which frame of a client an `error` answers, as far as it could be read. */
export interface Answered {
  type?: string | undefined
  session_id?: number | undefined
  client_message_id?: string | undefined
}

const LONGEST_TEXT = 500

const describeField = ({ field, message }: FieldErrors[number]) => `${field} ${message}`

/** An `error` frame; `code` is for programs, `message` for people. */
export function errorFrame({ statusCode, message, fields }: RequestError, answered: Answered = {}): string {
  const text = fields ? [...fields.map(describeField), message].join('; ') : message
  return frame('error', {
    code: errorCodes[statusCode] ?? 'error',
    message: text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text,
    ...answered,
  })
}
