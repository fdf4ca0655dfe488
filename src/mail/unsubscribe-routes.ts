import { Type } from '@sinclair/typebox'
import { IdSchema } from '../protocol/schemas/id.js'
import { notFound } from '../errors/request-error.js'
import type { App } from '../http/describe-route.js'
import { UNSUBSCRIBE_PATH, type Unsubscribing } from './unsubscribe.js'

const query = Type.Object({ store: IdSchema, signature: Type.String({ maxLength: 100 }) })

const page = (body: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Mails about new messages</title>
${body}
</html>
`
const question = page(`<p>Stop the mails about new messages in your support chat?</p>
<form method="post"><button>Unsubscribe</button></form>`)
const confirmation = page('<p>You get no more mails about new messages.</p>')

/**
 * The routes that unsubscribe a store from mails without signing in. Mail programs send the POST themselves when a
 * reader clicks their button (RFC 8058). A GET only shows a question, because mail scanners follow every link.
 */
export async function unsubscribeRoutes(app: App, { unsubscribing }: { unsubscribing: Unsubscribing }): Promise<void> {
  // The body of the form or the mail program is ignored: the URL contains everything.
  for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data']) {
    app.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, _body, done) => done(null, undefined))
  }

  app.get(UNSUBSCRIBE_PATH, { schema: { hide: true, querystring: query } }, async (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(question),
  )

  app.post(UNSUBSCRIBE_PATH, { schema: { hide: true, querystring: query } }, async (request, reply) => {
    const { store, signature } = request.query
    const { limits } = app
    // Anybody may send this request, and each one costs statements. A reader's first click does not count towards the
    // limit.
    if (limits.isBlocked(request)) throw limits.failAuthentication(request)
    const outcome = await unsubscribing.unsubscribe(store, signature)
    if (outcome !== 'done') limits.failAuthentication(request)
    if (outcome === 'invalid') throw notFound()
    return reply.type('text/html; charset=utf-8').send(confirmation)
  })
}
