import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import plugin from 'fastify-plugin'
import { invalidInput, RequestError } from '../errors/request-error.js'

/**
 * Accepts only UTF-8: bodies of JSON without a content coding, and queries. Other bytes are refused, because decoding would
 * replace them by U+FFFD. An empty body is no body, whatever its type: many clients send a type without a body.
 */
export const inputPlugin = plugin(
  async (app) => {
    const parseJson = app.getDefaultJsonParser('error', 'error')
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
      if (body.length === 0) return done(null, undefined)
      if (!isPlainUtf8(request.headers)) return done(unsupportedType())
      if (!isUtf8(body)) return done(invalidInput([{ field: 'body', message: 'is not UTF-8' }]))
      void parseJson(request, body.toString(), done)
    })
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body: Buffer, done) => {
      if (body.length === 0) done(null, undefined)
      else done(unsupportedType())
    })

    app.addHook('onRequest', ({ raw: { headers } }, _reply, done) => {
      // Fastify would refuse an unknown content type before it sees that there is no body.
      if (headers['content-type'] !== undefined && isBodyless(headers)) delete headers['content-type']
      done()
    })
    app.addHook('preValidation', (request, _reply, done) => {
      const isFaulty = !isDecodable(request.url) && request.routeOptions.schema?.querystring !== undefined
      done(isFaulty ? invalidInput([{ field: 'query', message: 'is not UTF-8' }]) : undefined)
    })
  },
  { name: 'input' },
)

const unsupportedType = () => new RequestError(415, 'Unsupported Media Type')

const isBodyless = (headers: IncomingHttpHeaders) =>
  headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0

function isPlainUtf8(headers: IncomingHttpHeaders): boolean {
  const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(headers['content-type'] ?? '') ?? []
  const coding = headers['content-encoding'] ?? 'identity'
  return /^utf-?8$/i.test(charset) && /^(identity)?$/i.test(coding.trim())
}

/** Whether the percent-encoded bytes of a URL are UTF-8. */
function isDecodable(url: string): boolean {
  if (!url.includes('%')) return true
  try {
    decodeURIComponent(url)
    return true
  } catch {
    return false
  }
}
