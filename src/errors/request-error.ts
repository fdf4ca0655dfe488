import type { ErrorBody, FieldErrors } from '../protocol/schemas/error-body.js'

/** A refusal that the caller sees: HTTP answers it with its status, a socket with an `error` frame. */
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

/** The first errors suffice for a client that sends thousands. */
const MOST_FIELDS = 5

/** Creates a 400 that names the first invalid fields, and how many more there are. */
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
