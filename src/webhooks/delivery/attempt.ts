import { signatureHeaders } from '../signature.js'
import type { WebhookEvent } from '../event.js'
import type { Answer } from '../request/exchange.js'
import type { Poster } from '../request/post.js'
import type { AttemptCounts } from './attempt-counts.js'
import type { Receiver } from './claim-sessions.js'

/** The outcome of an attempt. */
export interface Attempt {
  isDelivered: boolean
  /** Undefined if there was no answer. */
  answer: Answer | undefined
  error: string | undefined
  durationMs: number
}

/** Posts an event once. Never rejects. */
export type AttemptDelivery = (
  receiver: Pick<Receiver, 'url' | 'secrets'>,
  event: WebhookEvent,
  signal: AbortSignal,
) => Promise<Attempt>

const MAX_ERROR_LENGTH = 200

/** Creates a function that posts events. An attempt that the signal aborts is not counted. */
export function createAttempts(poster: Poster, counts: AttemptCounts): AttemptDelivery {
  return async ({ url, secrets }, { id, body }, signal) => {
    const startedAt = performance.now()
    const timestamp = Math.floor(Date.now() / 1000)
    const headers = {
      'content-type': 'application/json',
      'content-length': `${Buffer.byteLength(body)}`,
      'user-agent': 'store-chat-webhooks/1.0',
      ...signatureHeaders(secrets, { id, timestamp, body }),
    }
    const outcome = await poster.post(url, headers, body, signal).then(
      (answer) => ({ answer, error: undefined }),
      (error: unknown) => ({ answer: undefined, error: describe(error) }),
    )
    const status = outcome.answer?.status ?? 0
    const isDelivered = status >= 200 && status < 300
    const durationMs = performance.now() - startedAt
    if (outcome.answer !== undefined || !signal.aborted) {
      counts[isDelivered ? 'delivered' : outcome.answer === undefined ? 'unanswered' : 'refused']++
      counts.durations.observe(durationMs / 1000)
    }
    return { ...outcome, isDelivered, durationMs: Math.round(durationMs) }
  }
}

/** Describes an error for the platform, which has chosen the address. */
function describe(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException
  return (message === '' ? (code ?? 'The request failed') : message)
    .slice(0, MAX_ERROR_LENGTH)
    .replaceAll('\0', '')
    .toWellFormed()
}
