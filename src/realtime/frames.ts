import { Type, type Static } from '@sinclair/typebox'
import { IdSchema } from '../accounts/accounts.js'
import type { RequestError } from '../errors.js'
import { AdminMessageInputSchema, StoreMessageInputSchema } from '../messages/message-input.js'
import { createCheck } from '../validation.js'

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

const SESSIONS_PER_RESUME = 200
const InSession = { session_id: IdSchema }

export const TypingSchema = Type.Object({ is_typing: Type.Boolean() })
export const ResumeSchema = Type.Object({
  sessions: Type.Record(Type.String({ pattern: '^[1-9][0-9]{0,15}$' }), Type.Integer({ minimum: 0 }), {
    maxProperties: SESSIONS_PER_RESUME,
    description: 'The last seq seen, by session id.',
  }),
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
export type StorePayload<T extends ClientFrameType> = Static<(typeof clientFrames.store)[T]>
export type AdminPayload<T extends ClientFrameType> = Static<(typeof clientFrames.admin)[T]>

const checksOf = (schemas: (typeof clientFrames)['store' | 'admin']) =>
  new Map(Object.entries(schemas).map(([type, schema]) => [type, createCheck(schema)]))

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

/** An `error` frame; `code` is for programs, `message` for people. */
export function errorFrame({ statusCode, message, fields }: RequestError, clientMessageId?: string): string {
  return frame('error', {
    code: errorCodes[statusCode] ?? 'error',
    message: fields ? fields.map((field) => `${field.field} ${field.message}`).join('; ') : message,
    ...(clientMessageId !== undefined && { client_message_id: clientMessageId }),
  })
}
