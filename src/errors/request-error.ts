import type { ErrorBody, FieldErrors } from '../protocol/schemas/error-body.js'

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
