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
  400: 'The input is not valid; `errors` says where.',
  401: 'The token is missing, malformed, unknown, expired or revoked.',
  403: 'It exists, but it is not for you.',
  404: 'It does not exist, or is of no concern to you.',
  408: 'The body comes too slowly.',
  409: 'It does not fit the present state.',
  413: 'The body is too large.',
  415: 'The body is not of a type that this route takes.',
  416: 'The file has no such range.',
  422: 'The file is infected.',
  426: 'Only for WebSocket clients.',
  429: 'Too many requests; try again after `Retry-After` seconds.',
  503: 'The node is shutting down or its database is away; try again after `Retry-After` seconds.',
}
type Refusal = keyof typeof descriptions

/** The `response` entries of a route for the refusals it can give. */
export function refusals(...statusCodes: Refusal[]) {
  // Whatever needs a token is limited, too.
  const all = new Set<Refusal>(statusCodes.includes(401) ? [...statusCodes, 429] : statusCodes)
  return Object.fromEntries(
    [...all].map((statusCode) => [statusCode, { ...ErrorBodySchema, description: descriptions[statusCode] }]),
  ) as Record<Refusal, typeof ErrorBodySchema>
}

/** How the API's description files a route under a tag, behind a token. */
export const describeRoute = (tag: string, summary: string) => ({ tags: [tag], summary, security: [{ token: [] }] })
