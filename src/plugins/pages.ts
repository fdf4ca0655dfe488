import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyReply, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import type { Config } from '../config/config.js'
import type { FilesConfig } from '../files/settings/file-settings.js'
import { readS3Origin } from '../files/storage/s3-origin.js'

/** Where the build leaves the pages, each file with its compressed variants (`.br`, `.gz`) beside it. */
const root = fileURLToPath(new URL('../pages/', import.meta.url))

const pages = ['/console/', '/chat/', '/widget/']
const files = [
  '/console/app.js',
  // What the console loads when it is shown.
  '/console/search.js',
  '/console/reports.js',
  '/console/canned.js',
  '/console/style.css',
  '/chat/app.js',
  '/chat/style.css',
  '/chat/icon.svg',
  '/widget.js',
  '/client.js',
  '/client.global.js',
  // English is part of each page's script.
  ...['de', 'es', 'fr', 'zh', 'ar'].flatMap((language) => [
    `/languages/${language}.js`,
    `/languages/chat/${language}.js`,
    `/languages/desk/${language}.js`,
  ]),
]

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

/**
 * A page that has such a policy frames only pages that have one, too (HTML, "embedder policies"). The pictures of a bucket
 * carry no Cross-Origin-Resource-Policy, which S3 cannot be told to send: `require-corp` would block them, `credentialless`
 * loads them without cookies. Safari knows the former only, so that it stays wherever all is of one origin.
 */
const chooseEmbedderPolicy = ({ s3 }: FilesConfig) => (s3 === undefined ? 'require-corp' : 'credentialless')

/** The admin console, the store's chat, and the widget with the page that it frames. */
export const pagesPlugin = plugin<{ config: Config }>(
  async (app, { config }) => {
    // The framed page keeps no token and is nothing without one from its embedder, so that it may be framed by anybody.
    // (`frame-ancestors *` would not be anybody: it leaves out apps whose pages are files or have a scheme of their own.)
    const embedders = config.widgetOrigins.length > 0 ? config.widgetOrigins.join(' ') : undefined
    const { s3 } = config.files
    const policy = createPolicy(s3 === undefined ? '' : ` ${readS3Origin(s3)}`)
    // Only the files listed above have routes: the compressed variants have no address of their own.
    await app.register(fastifyStatic, { root, serve: false, preCompressed: true, ...headerOptions })
    for (const path of [...pages, ...files]) {
      const headers = {
        ...createHeaders(policy, path === '/widget/' ? embedders : "'none'"),
        ...(path === '/widget/' && { 'cross-origin-embedder-policy': chooseEmbedderPolicy(config.files) }),
        // A tag with `crossorigin` or `type="module"` asks for it.
        ...(path === '/widget.js' && { 'access-control-allow-origin': '*' }),
      }
      app.route({
        method: ['GET', 'HEAD'],
        url: path,
        schema: { hide: true },
        handler: (request, reply) => redirectToPage(request, reply, path) ?? sendPage(reply, path, headers),
      })
    }
  },
  // `sendFile` of these routes belongs to this folder: others may register @fastify/static for theirs.
  { name: 'pages', dependencies: ['answers'], encapsulate: true },
)

/** Which headers @fastify/static adds of its own: an ETag for revalidation, and no promise about age or ranges. */
const headerOptions = { cacheControl: false, lastModified: false, acceptRanges: false }

/** `ancestors`: who may frame it. Default: anybody. */
const createHeaders = (policy: string, ancestors: string | undefined) => ({
  // Names that carry a hash would ask a node of another version for what it does not have.
  'cache-control': 'no-cache',
  'content-security-policy': ancestors === undefined ? policy : `${policy}; frame-ancestors ${ancestors}`,
  'referrer-policy': 'no-referrer',
  // The widget's script and its frame are for pages of other origins.
  'cross-origin-resource-policy': 'cross-origin',
})

/**
 * Fastify takes a page's address without its final slash for the same; to a browser they are two addresses. The redirect is
 * relative: it leads to the page under any path that a proxy serves it by.
 */
function redirectToPage(request: FastifyRequest, reply: FastifyReply, path: string): FastifyReply | undefined {
  const [asked = '', query] = request.url.split('?', 2)
  if (!path.endsWith('/') || asked.endsWith('/')) return undefined
  const name = asked.slice(asked.lastIndexOf('/') + 1)
  return reply.redirect(`${name}/${query === undefined ? '' : `?${query}`}`, 308)
}

function sendPage(reply: FastifyReply, path: string, headers: Record<string, string>): FastifyReply {
  // It says less than frame-ancestors does, and the opposite for the widget.
  reply.removeHeader('x-frame-options')
  return reply.headers(headers).sendFile(path)
}
