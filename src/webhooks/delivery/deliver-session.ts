import type { EventType, WebhookEvent } from '../event.js'
import type { Attempt, AttemptDelivery } from './attempt.js'
import type { AttemptCounts } from './attempt-counts.js'
import { LEASE_MS, type ClaimedSession, type Receiver } from './claim-sessions.js'
import type { ReadEvents } from './read-events.js'
import { chooseRetryDelay, GIVE_UP_AFTER_MS } from './retry-delays.js'
import type { LoggedAttempt, NextStep, SaveProgress } from './save-progress.js'

export interface SessionDelivery {
  readEvents: ReadEvents
  attempt: AttemptDelivery
  counts: Pick<AttemptCounts, 'givenUp'>
  saveProgress: SaveProgress
  /** Whether this node still knows the webhook as switched on. */
  isReceiving: () => boolean
  /** The receiver has answered 410. */
  switchOff: (webhookId: number) => Promise<void>
  /** Milliseconds from one attempt to the next. */
  retryDelaysMs: readonly number[]
  /** How long an attempt may take. */
  timeoutMs: number
}

const GONE = 410

/**
 * Delivers the next events of a claimed session, one after the other, and saves the position. The first failure ends it,
 * because later events wait for that event. When the signal aborts, the request under way does not count as an attempt.
 * @returns the number of attempts
 */
export async function deliverSession(
  deps: SessionDelivery,
  claimed: ClaimedSession,
  signal: AbortSignal,
): Promise<number> {
  const { receiver, sessionId, lease } = claimed
  let { seq, unreadId, attempts } = claimed
  let log: LoggedAttempt[] = []
  let { leasedAt } = claimed
  let made = 0

  async function save(next: NextStep, isNewFailure = false): Promise<boolean> {
    const written = log
    log = []
    leasedAt = performance.now()
    const place = { webhookId: receiver.id, sessionId, lease, seq, unreadId, attempts }
    return deps.saveProgress({ ...place, isNewFailure, next, log: written })
  }

  async function fail(event: WebhookEvent, attempt: Attempt): Promise<void> {
    const isNew = attempts === 0
    attempts++
    const next = await chooseNextStep(attempt)
    const delayMs = next.step === 'paused' ? next.delayMs : null
    log.push(describeAttempt(event, attempt, next.step === 'failed' ? 'failed' : 'pending', delayMs))
    if ((await save(next, isNew)) && next.step === 'failed') deps.counts.givenUp++
  }

  async function chooseNextStep({ answer }: Attempt): Promise<NextStep> {
    if (answer?.status === GONE) {
      await deps.switchOff(receiver.id)
      return { step: 'given back' }
    }
    if (attempts > 1 && claimed.failingForMs >= GIVE_UP_AFTER_MS) return { step: 'failed' }
    return { step: 'paused', delayMs: chooseRetryDelay(attempts, answer?.retryAfter, deps.retryDelaysMs) }
  }

  const mayGoOn = () => !signal.aborted && deps.isReceiving()

  const { events, upTo } = await deps.readEvents(claimed)
  for (const event of events) {
    if (isSubscribed(receiver, event)) {
      if (!mayGoOn()) {
        await save({ step: 'given back' })
        return made
      }
      const leftMs = LEASE_MS - (performance.now() - leasedAt)
      if (leftMs < deps.timeoutMs + SAFETY_MS && !(await save({ step: 'going on' }))) return made
      made++
      const attempt = await deps.attempt(receiver, event, signal)
      if (!attempt.isDelivered) {
        // An aborted attempt says nothing about the receiver.
        await (signal.aborted ? save({ step: 'given back' }) : fail(event, attempt))
        return made
      }
      log.push(describeAttempt(event, attempt, 'delivered', null))
      attempts = 0
    }
    seq = event.seq ?? seq
    unreadId = event.unreadId ?? unreadId
  }
  seq = Math.max(seq, upTo)
  await save({ step: 'done' })
  return made
}

/** Time for saving the progress after the attempt. */
const SAFETY_MS = 3000

const isSubscribed = ({ events }: Receiver, { type }: WebhookEvent) =>
  events.length === 0 || events.includes(type as EventType)

/** Describes an attempt for the log. */
export function describeAttempt(
  { id, type, sessionId, seq, unreadId }: Omit<WebhookEvent, 'body'>,
  { answer, error, durationMs }: Attempt,
  status: LoggedAttempt['status'],
  delayMs: number | null,
): LoggedAttempt {
  return {
    event: { id, type, sessionId, seq, unreadId },
    status,
    responseStatus: answer?.status ?? null,
    responseBody: answer?.body ?? '',
    error: error ?? null,
    durationMs,
    delayMs,
  }
}
