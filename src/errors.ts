import { Type, type Static } from '@sinclair/typebox'
import type { FastifyError } from 'fastify'
import { isDatabaseAway } from './database/failures.js'

/** The one error body of the whole API. */
export const ErrorBodySchema = Type.Object(
  {
    success: Type.Literal(false),
    message: Type.String({ description: 'For people; it may change.' }),
    errors: Type.Optional(
      Type.Array(Type.Object({ field: Type.String(), message: Type.String() }), {
        description: 'Only with 400: what is wrong where.',
      }),
    ),
  },
  { title: 'Error' },
)

export type ErrorBody = Static<typeof ErrorBodySchema>
export type FieldErrors = NonNullable<ErrorBody['errors']>

/** A refusal that the caller is told about: HTTP answers it with its status, a socket with an `error` frame. */
export class RequestError extends Error {
  constructor(
    readonly statusCode: number,
    message: string,
    readonly fields?: FieldErrors,
    /** With 429 and 503: when to try again. */
    readonly retryAfterSeconds = 1,
  ) {
    super(message)
  }

  get body(): ErrorBody {
    return { success: false, message: this.message, ...(this.fields && { errors: this.fields }) }
  }
}

/** A client that sends thousands of faults learns enough from the first. */
const MOST_FIELDS = 5

/** A 400 that names the first fields at fault, and how many there are beyond. */
export function invalidInput(fields: FieldErrors): RequestError {
  const more = fields.length - MOST_FIELDS
  const message = more > 0 ? `Invalid input; ${more} more errors are not listed` : 'Invalid input'
  return new RequestError(400, message, fields.slice(0, MOST_FIELDS))
}
export const unauthorized = () => new RequestError(401, 'Unauthorized')
export const forbidden = (message = 'Forbidden') => new RequestError(403, message)
export const notFound = (message = 'Not found') => new RequestError(404, message)
export const conflict = (message: string) => new RequestError(409, message)
export const tooMany = (message: string, retryAfterSeconds = 1) =>
  new RequestError(429, message, undefined, retryAfterSeconds)
export const unavailable = (message = 'The service is not available right now') => new RequestError(503, message)

/** The one mapping from failures to what the caller may know of them. Everything unexpected becomes a silent 500. */
export function toRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) return error
  if (isDatabaseAway(error)) return unavailable('The database is not available right now')
  const { statusCode, message } = error as Partial<FastifyError>
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new RequestError(statusCode, message ?? 'Bad request')
  }
  return new RequestError(500, 'Internal server error')
}

/** Headers that belong to an error's status. */
export function errorHeaders({ statusCode, retryAfterSeconds }: RequestError): Record<string, string> {
  if (statusCode === 401) return { 'www-authenticate': 'Token' }
  if (statusCode === 426) return { upgrade: 'websocket' }
  if (statusCode === 429 || statusCode === 503) return { 'retry-after': `${retryAfterSeconds}` }
  return {}
}
