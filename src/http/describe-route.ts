import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import { ErrorBodySchema } from '../protocol/schemas/error-body.js'

export const JSON_TYPE = 'application/json; charset=utf-8'

/** A Fastify instance whose handlers are typed by their schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

const descriptions = {
  400: 'Invalid input; `errors` names the fields.',
  401: 'The token is missing, malformed, unknown, expired or revoked.',
  403: 'Not allowed for this account.',
  404: 'Not found, or not visible to this account.',
  408: 'The body arrives too slowly.',
  409: 'Conflicts with the current state.',
  413: 'The body is too large.',
  415: 'Unsupported content type.',
  416: 'The file has no such range.',
  422: 'The file is infected.',
  426: 'Only WebSocket clients may connect here.',
  429: 'Too many requests. Retry after `Retry-After` seconds.',
  503: 'The node is shutting down, or its database is not available. Retry after `Retry-After` seconds.',
}
type Refusal = keyof typeof descriptions

/** The `response` entries of a route for the refusals it can give. */
export function refusals(...statusCodes: Refusal[]) {
  // Every route with a token is rate limited.
  const all = new Set<Refusal>(statusCodes.includes(401) ? [...statusCodes, 429] : statusCodes)
  return Object.fromEntries(
    [...all].map((statusCode) => [statusCode, { ...ErrorBodySchema, description: descriptions[statusCode] }]),
  ) as Record<Refusal, typeof ErrorBodySchema>
}

/** Describes a route that needs a token, under a tag of the API's description. */
export const describeRoute = (tag: string, summary: string) => ({ tags: [tag], summary, security: [{ token: [] }] })
