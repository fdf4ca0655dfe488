import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import plugin from 'fastify-plugin'
import { describeProtocol } from '../protocol/schemas/asyncapi.js'

const description = `Support chat between the stores of a marketplace and the platform's admins.

Every request carries \`Authorization: Token <token>\`; a token belongs to one store or one admin. Every path works with
and without its final slash. Every failure has the body \`{"success": false, "message": "…"}\`, every answer an
\`X-Request-Id\`. Unknown properties and query parameters are ignored.

The WebSocket is described by [an AsyncAPI document](/docs/asyncapi.json).`

/** OpenAPI 3.1 from the schemas of the routes, AsyncAPI 3 from those of the frames, and a page to read it and try it. */
export const docsPlugin = plugin(
  async (app) => {
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: { title: 'store-chat', version: '1.0.0', description },
        tags: [
          { name: 'store', description: 'For store apps, with a store token' },
          { name: 'admin', description: 'For admins, with an admin token' },
          { name: 'both', description: 'With either token' },
          { name: 'platform', description: "For the platform's backend, with PLATFORM_TOKEN" },
          { name: 'operation', description: 'For operators, without a token' },
        ],
        components: {
          securitySchemes: {
            token: { type: 'apiKey', in: 'header', name: 'Authorization', description: '`Token <token>`' },
          },
        },
      },
    })
    const protocol = describeProtocol()
    app.get('/docs/asyncapi.json', { schema: { hide: true } }, async () => protocol)
    await app.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: true,
      // Over plain HTTP the page's own files and requests would be asked for over HTTPS.
      transformStaticCSP: (policy) => policy.replace(/ *upgrade-insecure-requests;/, ''),
    })
  },
  { name: 'docs' },
)
