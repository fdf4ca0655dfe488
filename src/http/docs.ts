import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyReply } from 'fastify'
import plugin from 'fastify-plugin'
import { describeProtocol } from '../protocol/schemas/asyncapi.js'
import { readBasePath } from './public-url.js'

const describe = (basePath: string) => `Support chat between the stores of a marketplace and the platform's admins.

Every request carries \`Authorization: Token <token>\`; a token belongs to one store or one admin. Every path works with
and without its final slash. Every failure has the body \`{"success": false, "message": "…"}\`, every answer an
\`X-Request-Id\`. Unknown properties and query parameters are ignored.

The WebSocket is described by [an AsyncAPI document](${basePath}/docs/asyncapi.json).`

type PropertyOf<Options, Key> = Options extends unknown ? (Key extends keyof Options ? Options[Key] : never) : never
/** Requests that the service sends, by the type of their event. */
type DescribedWebhooks = NonNullable<PropertyOf<FastifyDynamicSwaggerOptions['openapi'], 'webhooks'>>

/**
 * Serves OpenAPI 3.1 from the schemas of the routes, AsyncAPI 3 from those of the frames, and a page to read and try them.
 */
export const docsPlugin = plugin<{ publicUrl: string | undefined; webhooks: DescribedWebhooks }>(
  async (app, { publicUrl, webhooks }) => {
    const basePath = readBasePath(publicUrl)
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: { title: 'store-chat', version: '1.0.0', description: describe(basePath) },
        ...(publicUrl !== undefined && { servers: [{ url: publicUrl }] }),
        tags: [
          { name: 'store', description: 'For store apps, with a store token' },
          { name: 'admin', description: 'For admins, with an admin token' },
          { name: 'both', description: 'With either token' },
          { name: 'platform', description: "For the platform's backend, with PLATFORM_TOKEN" },
          { name: 'operation', description: 'For operators, without a token' },
        ],
        webhooks,
        components: {
          securitySchemes: {
            token: { type: 'apiKey', in: 'header', name: 'Authorization', description: '`Token <token>`' },
          },
        },
      },
    })
    const protocol = { ...describeProtocol(), ...(publicUrl !== undefined && { servers: describeServers(publicUrl) }) }
    const sendAsyncApi = createSender('application/json; charset=utf-8', () => JSON.stringify(protocol))
    app.get('/docs/asyncapi.json', { schema: { hide: true } }, async (_request, reply) => sendAsyncApi(reply))
    const senders = new Map([
      ['/docs/json', createSender('application/json; charset=utf-8', () => JSON.stringify(app.swagger()))],
      ['/docs/yaml', createSender('application/x-yaml', () => app.swagger({ yaml: true }))],
    ])
    await app.register(swaggerUi, {
      routePrefix: '/docs',
      uiHooks: {
        preHandler: (request, reply, done) => {
          const send = senders.get(request.routeOptions.url ?? '')
          if (send === undefined) done()
          else send(reply)
        },
      },
      // Without its final slash the page names its files by their whole paths.
      indexPrefix: basePath,
      staticCSP: true,
      // Otherwise, over plain HTTP, the page would load its own files over HTTPS.
      transformStaticCSP: (policy) => policy.replace(/ *upgrade-insecure-requests;/, ''),
    })
  },
  { name: 'docs' },
)

/**
 * Returns a function that sends a document that never changes. It is written and encoded once: anybody may ask for it, and
 * OpenAPI is 350 kB.
 */
function createSender(type: string, write: () => string): (reply: FastifyReply) => FastifyReply {
  let bytes: Buffer | undefined
  return (reply) => reply.type(type).send((bytes ??= Buffer.from(write())))
}

/** The server that clients reach, as AsyncAPI 3 has it. */
function describeServers(publicUrl: string): object {
  const { protocol, host } = new URL(publicUrl)
  return { public: { host, protocol: protocol === 'https:' ? 'wss' : 'ws', pathname: readBasePath(publicUrl) || '/' } }
}
