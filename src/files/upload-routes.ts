import { Type } from '@sinclair/typebox'
import type { Config } from '../config/config.js'
import { RequestError } from '../errors/request-error.js'
import { describeRoute, refusals, type App } from '../http/describe-route.js'
import { readPublicUrl } from '../http/public-url.js'
import { setPatient } from '../http/raw-answers.js'
import { drainRequest } from './uploads/drain-request.js'
import { createFileUrl } from './file-url.js'
import { receiveUpload } from './receive-upload.js'
import { countUpload } from './uploads/upload-counts.js'

/** How much larger than its file a form may be. */
const FORM_BYTES = 64 * 1024

/** A request without a body has no content type either: the form parser then answers 400. */
const isForm = (type = 'multipart/form-data') => /^multipart\/form-data\b/i.test(type)

/** The route that receives files for messages. */
export async function uploadRoutes(app: App, { config }: { config: Config }): Promise<void> {
  const { files } = app
  // The handler reads the form itself, so that the body is never buffered.
  app.addContentTypeParser('multipart/form-data', (_request, _payload, done) => done(null))

  app.post(
    '/upload/',
    {
      onRequest: app.requireAccount(),
      // Fastify would validate the body before the handler has read it.
      validatorCompiler: () => () => true,
      schema: {
        ...describeRoute('both', 'Upload a file, for the `attachment_url` of a message'),
        description: `One file of up to ${files.config.maxBytes} bytes: ${files.config.extensions.join(', ')}. Its bytes have to match the extension of its name. A file that no message names within 24 hours is deleted.`,
        consumes: ['multipart/form-data'],
        body: Type.Object({
          file: Type.Unsafe<unknown>({ type: 'string', format: 'binary', description: 'Exactly one file.' }),
          session_id: Type.Optional(
            Type.Integer({
              minimum: 1,
              description:
                'The session that the file is for: the other side of that session may use it in messages, too.',
            }),
          ),
        }),
        response: {
          200: Type.Object({
            url: Type.String({ format: 'uri', description: 'URL of the file, for `attachment_url`.' }),
            type: Type.String({ description: 'The MIME type that the bytes show.', examples: ['image/jpeg'] }),
          }),
          ...refusals(400, 401, 403, 404, 408, 413, 415, 422, 503),
        },
      },
    },
    async (request, reply) => {
      const { raw, account } = request
      // Upload slots bound uploads. A slow upload must not count towards the work under way of its account.
      if (request.workOf !== undefined) app.accountWork.end(request.workOf.account)
      request.workOf = undefined
      const endPatience = setPatient(raw.socket)
      try {
        const isGone = () => raw.socket.destroyed
        return await countUpload(files.counts, isGone, async () => {
          if (!isForm(raw.headers['content-type'])) throw new RequestError(415, 'Unsupported Media Type')
          if (Number(raw.headers['content-length'] ?? 0) > files.config.maxBytes + FORM_BYTES) throw tooLarge()
          const publicUrl = readPublicUrl(config, request)
          const { id, name, type } = await receiveUpload(files, raw, account)
          return { url: createFileUrl(publicUrl, { id, name }), type }
        })
      } catch (error) {
        reply.raw.once('finish', () => drainRequest(raw))
        throw error
      } finally {
        endPatience()
      }
    },
  )

  const tooLarge = () => new RequestError(413, `The file is larger than ${files.config.maxBytes} bytes`)
}
