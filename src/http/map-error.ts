import type { FastifyError } from 'fastify'
import { isDatabaseAway } from '../database/failures.js'
import { RequestError, unavailable } from '../errors/request-error.js'

/** Maps any failure to the refusal that the caller sees. Everything unexpected becomes a 500 without details. */
export function toRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) return error
  if (isDatabaseAway(error)) return unavailable('The database is not available right now')
  const { statusCode, message } = error as Partial<FastifyError>
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new RequestError(statusCode, message ?? 'Bad request')
  }
  return new RequestError(500, 'Internal server error')
}

/** The headers that belong to the status of an error. */
export function errorHeaders({ statusCode, retryAfterSeconds }: RequestError): Record<string, string> {
  if (statusCode === 401) return { 'www-authenticate': 'Token' }
  if (statusCode === 426) return { upgrade: 'websocket' }
  if (statusCode === 429 || statusCode === 503) return { 'retry-after': `${retryAfterSeconds}` }
  return {}
}
