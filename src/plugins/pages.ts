import { fileURLToPath } from 'node:url'
import type { FastifyReply, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import type { Config } from '../config/config.js'
import { readS3Origin } from '../files/storage/s3-origin.js'
import { chooseEncoding, readPageFiles, type PageFile } from './page-files.js'

const folder = fileURLToPath(new URL('../pages/', import.meta.url))

/**
 * The browser's own promise that text stays text: no script and no style but from these files, nothing from elsewhere,
 * and, by trusted types, no text that becomes markup. A logo would tell a third party who looks at what, so there is none.
 */
const createPolicy = (pictureOrigins: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // Uploaded pictures come from here, or from the bucket that this leads to.
    `img-src 'self'${pictureOrigins}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')

/** The admin console, the store's chat, and the widget with the page that it frames. */
export const pagesPlugin = plugin<{ config: Config }>(
  async (app, { config }) => {
    // The framed page keeps no token and is nothing without one from its embedder, so that it may be framed by anybody.
    const { s3 } = config.files
    const policy = createPolicy(s3 === undefined ? '' : ` ${readS3Origin(s3)}`)
    const embedders = config.widgetOrigins.length > 0 ? config.widgetOrigins.join(' ') : '*'
    for (const file of await readPageFiles(folder)) {
      const ancestors = file.path === '/widget/' ? embedders : "'none'"
      app.route({
        method: ['GET', 'HEAD'],
        url: file.path,
        schema: { hide: true },
        handler: async (request, reply) => sendFile(request, reply, file, `${policy}; frame-ancestors ${ancestors}`),
      })
    }
  },
  { name: 'pages', dependencies: ['answers'] },
)

function sendFile(request: FastifyRequest, reply: FastifyReply, file: PageFile, policy: string): FastifyReply {
  const [path = '', query] = request.url.split('?', 2)
  // Fastify takes both for the same; to a browser they are two addresses.
  if (file.path.endsWith('/') && !path.endsWith('/')) {
    return reply.redirect(file.path + (query === undefined ? '' : `?${query}`), 308)
  }
  const encoding = chooseEncoding(request.headers['accept-encoding'])
  reply.headers({
    'content-type': file.type,
    // Names that carry a hash would ask a node of another version for what it does not have.
    'cache-control': 'no-cache',
    etag: file.etag,
    vary: [reply.getHeader('vary'), 'accept-encoding'].flat().filter(Boolean).join(', '),
    'content-security-policy': policy,
    'referrer-policy': 'no-referrer',
    // The widget's script and its frame are for pages of other origins.
    'cross-origin-resource-policy': 'cross-origin',
  })
  // Says less than frame-ancestors does, and the opposite for the widget.
  reply.removeHeader('x-frame-options')
  if (request.headers['if-none-match']?.includes(file.etag) === true) return reply.code(304).send()
  if (encoding !== 'identity') reply.header('content-encoding', encoding)
  const body = file.bodies[encoding]
  return request.method === 'HEAD' ? reply.header('content-length', body.length).send() : reply.send(body)
}
