import { Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { notFound, RequestError } from '../errors/request-error.js'
import { refusals, type App } from '../http/describe-route.js'
import { readByteRange } from './downloads/byte-range.js'
import { createDisposition } from './downloads/content-disposition.js'
import type { Files } from './files.js'
import { readStoredFile, type StoredFile } from './file-rows.js'
import { isShownInPlace } from './types/file-types.js'

/** How long a client may cache a redirect. The presigned URL that it leads to is valid for 300 s. */
const REDIRECT_SECONDS = 240

const bytes = (description: string) => ({ description, content: { '*/*': { schema: Type.Unknown() } } })

/** Serves the files that were uploaded. */
export async function downloadRoutes(app: App): Promise<void> {
  const { files } = app

  app.route({
    method: ['GET', 'HEAD'],
    url: '/files/:id/:name/',
    schema: {
      tags: ['both'],
      summary: 'Download a file; whoever knows its URL may read it',
      params: Type.Object({ id: Type.String(), name: Type.String() }),
      response: {
        200: bytes('The file.'),
        206: bytes('The requested range.'),
        302: bytes('The file is in a bucket: `Location` is a presigned URL that is valid for five minutes.'),
        304: bytes('The file has the ETag in `If-None-Match`.'),
        ...refusals(400, 404, 416, 503),
      },
    },
    handler: (request, reply) => serveFile(files, request, reply),
  })
}

/** Sends a file or a range of it, or redirects to the bucket that stores it. */
async function serveFile(
  files: Files,
  request: FastifyRequest<{ Params: { id: string } }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { id } = request.params
  const file = /^[\w-]{22}$/.test(id) ? await readStoredFile(files.db, id) : undefined
  if (file === undefined) throw notFound('File not found')
  const disposition = createDisposition(isShownInPlace(file.type) ? 'inline' : 'attachment', file.name)
  const download = { type: file.type.startsWith('text/') ? `${file.type}; charset=utf-8` : file.type, disposition }
  const etag = `"${file.sha256.toString('base64url')}"`
  reply.headers({
    etag,
    'cache-control': 'private, max-age=31536000, immutable',
    'content-security-policy': 'sandbox',
    // Store apps of other origins show the pictures of their conversations.
    'cross-origin-resource-policy': 'cross-origin',
  })
  if (isCached(request.headers['if-none-match'], etag)) return reply.code(304).send()

  const range = readRange(request, file, etag, reply)
  reply.headers({
    'content-type': download.type,
    'content-disposition': download.disposition,
    'accept-ranges': 'bytes',
    'content-length': range.last - range.first + 1,
  })
  if (request.method === 'HEAD') return reply.send()
  const answer = await files
    .guard(() => files.storage.get(id, range, download))
    .catch((error: unknown) => {
      forgetFile(reply)
      throw error
    })
  if ('stream' in answer) return reply.send(answer.stream)
  forgetFile(reply)
  return reply.header('cache-control', `private, max-age=${REDIRECT_SECONDS}`).redirect(answer.redirect, 302)
}

const isCached = (header: string | undefined, etag: string) =>
  header?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*') === true

function readRange({ headers, method }: FastifyRequest, { size }: StoredFile, etag: string, reply: FastifyReply) {
  const whole = { first: 0, last: size - 1 }
  // If-Range names another version (RFC 9110, section 13.1.5): the client needs the whole file, not a range.
  const condition = headers['if-range']
  if (method === 'HEAD' || (condition !== undefined && condition !== etag)) return whole
  const range = readByteRange(headers.range, size)
  if (range === 'unsatisfiable') {
    forgetFile(reply)
    reply.header('content-range', `bytes */${size}`)
    throw new RequestError(416, 'The requested range is not in the file')
  }
  if (range === undefined) return whole
  reply.code(206).header('content-range', `bytes ${range.first}-${range.last}/${size}`)
  return range
}

/** Removes the headers that describe the file, for a response that is not the file. */
function forgetFile(reply: FastifyReply): void {
  for (const name of ['etag', 'content-type', 'content-disposition', 'accept-ranges', 'content-length']) {
    reply.removeHeader(name)
  }
  reply.removeHeader('content-range')
  reply.header('cache-control', 'no-store')
}
