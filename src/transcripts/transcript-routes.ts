import { Type } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import { describeRoute, refusals, type App } from '../http/describe-route.js'
import { nameAccount } from '../limits/limits.js'
import type { Account, Side } from '../protocol/account.js'
import { IdSchema } from '../protocol/schemas/id.js'
import { requireTimezone, TimezoneSchema } from '../times/timezone.js'
import { createFormat, type FormatName } from './formats.js'
import { openTranscript } from './read-transcript.js'
import { streamTranscript } from './stream-transcript.js'

/**
 * Bytes that a transcript counts as unread until its end. An account may have 12 MiB unread, so three transcripts at
 * once.
 */
const TRANSCRIPT_BYTES = 4 * 1024 * 1024
/** Each page costs an account at least one request of its rate limit, as a page of history does. */
const MIN_PAGE_BYTES = 16_384

const querystring = Type.Object({
  session_id: IdSchema,
  format: Type.Union([Type.Literal('txt'), Type.Literal('json'), Type.Literal('csv')], { default: 'txt' }),
  timezone: TimezoneSchema,
})
const file = {
  description: 'A file: plain text, JSON, or CSV (RFC 4180, in UTF-8 with a BOM). Times are in the time zone.',
  content: { '*/*': { schema: Type.Unknown() } },
}

/** The routes that send a session as a file, to its store and to admins who may read it. */
export async function transcriptRoutes(app: App): Promise<void> {
  for (const side of ['store', 'admin'] as const satisfies Side[]) {
    app.get(
      `/${side}/transcript/`,
      {
        onRequest: app.requireAccount(side),
        schema: {
          ...describeRoute(side, 'Download a session as text, JSON or CSV'),
          querystring,
          response: { 200: file, ...refusals(400, 401, 403, 404, 503) },
        },
      },
      ({ account, query }, reply) => sendTranscript(app, account, query, reply),
    )
  }
}

interface Query {
  session_id: number
  format: FormatName
  timezone: string
}

async function sendTranscript(
  { db, history, credentials, limits, largeAnswers }: App,
  account: Account,
  { session_id, format: name, timezone }: Query,
  reply: FastifyReply,
): Promise<FastifyReply> {
  requireTimezone(timezone)
  const transcript = await openTranscript({ db, history, checkAccount: credentials.check }, account, session_id)
  const format = createFormat(name, timezone)
  const onRead = largeAnswers.track(reply, TRANSCRIPT_BYTES, nameAccount(account))
  const onPage = (bytes: number) => limits.chargeAnswer(account, Math.max(bytes, MIN_PAGE_BYTES))
  return reply
    .headers({
      'content-type': format.contentType,
      'content-disposition': `attachment; filename="conversation-${session_id}.${name}"`,
    })
    .send(streamTranscript(transcript, format, { onRead, onPage }))
}
