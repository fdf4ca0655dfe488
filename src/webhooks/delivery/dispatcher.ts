import { setMaxListeners } from 'node:events'
import type { Database } from '../../database/database.js'
import type { EpochExpressions } from '../../database/epoch.js'
import { restAfter, startConsumerLoop } from '../../event-log/consumer-loop.js'
import { createSweeper } from '../../event-log/sweeper.js'
import { createCleanup } from '../cleanup.js'
import { claimSessions, type ClaimedSession } from './claim-sessions.js'
import { deliverSession, type SessionDelivery } from './deliver-session.js'
import { markSessions, sweepSessions, type MovedSession } from './mark-moved.js'
import type { Pacer } from './pacer.js'
import { createSessionsUnderWay } from './sessions-under-way.js'

/** Delivers the events of all sessions to the webhooks, together with the dispatchers of the other nodes. */
export interface WebhookDispatcher {
  /** A durable event was committed. A map entry is all that it costs the caller; where there is no webhook, not even that. */
  note(event: { sessionId: number; seq: number }): void
  /** Webhooks were created or changed, or sessions made due. */
  wake(): void
  /** Ends deliveries under way and gives their sessions back. */
  close(): Promise<void>
}

export interface DispatcherOptions extends Omit<SessionDelivery, 'switchOff' | 'pace'> {
  db: Database
  pacer: Pacer
  epoch: Pick<EpochExpressions, 'run'>
  /** How long a statement may take, and so a transaction. */
  longestStatementMs: number
  onError: (error: unknown) => void
  /** A sweep has taken too long. The next one reads so many events of a table. */
  onSlowSweep: (mostEvents: number) => void
}

/** Sessions that this node delivers to one webhook at a time. */
const SESSIONS_PER_WEBHOOK = 8
/** While deliveries yield: more would only wait for their turns, and have their leases renewed. */
const SESSIONS_WHEN_YIELDING = 2
/** Events that are committed together are looked at together. */
const COLLECT_MS = 25
/** How often to look for what is due by a retry, by a dead node's lease, or by another node. */
const LOOK_INTERVAL_MS = 1000
/** How often to look for sessions of which no node has told itself. */
const SWEEP_INTERVAL_MS = 2000
const CLEANUP_INTERVAL_MS = 60_000
/** While deliveries yield, they have little to claim, and what marks sessions for them takes 1 % of the time at most. */
const YIELDING_CLAIM_MS = 250
const YIELDING_REST_FACTOR = 100
/** A node that cannot keep up with its own events leaves the rest to the sweep. */
const MAX_NOTED_SESSIONS = 50_000

/**
 * The dispatcher holds nothing that a crash could lose: how far each webhook is in each session is in PostgreSQL, and so is
 * what is due. What follows live traffic rests after each run for a multiple of its duration, so that a busy node spends a
 * few percent of its time on it at most.
 *
 * Job queues were tried for 2,000 pairs of webhook and session, on two busy cores. A claim with its end took 0.14 ms a pair
 * here, 0.5 ms in pg-boss 10.4 (`stately`, a key a pair) and 4 ms in graphile-worker 0.17 (a named queue a pair, which
 * rewrites 90 KB of log for each job). Neither knows how far a pair is: a retry and a new job of one key may overtake each
 * other, and graphile-worker frees the jobs of a dead worker after four hours.
 */
export function startDispatcher({
  db,
  epoch,
  pacer,
  longestStatementMs,
  onError,
  onSlowSweep,
  ...delivery
}: DispatcherOptions): WebhookDispatcher {
  let noted = new Map<number, MovedSession>()
  /** Deleted ones leave something to clean up, and no more. */
  let isAnyThere = false
  let isAnyLeft = false
  /** Ids of the webhooks that take deliveries. */
  let receiverIds: number[] = []
  const underWay = createSessionsUnderWay()
  const runSweep = createSweeper(db, { longestStatementMs, onSlowSweep })
  const cleanPiece = createCleanup(db)
  const closing = new AbortController()
  // Each delivery under way listens.
  setMaxListeners(0, closing.signal)
  /** When each part of a turn is due. */
  const dueAt = { reading: 0, marking: 0, sweep: 0, claim: 0, cleanup: performance.now() + CLEANUP_INTERVAL_MS }
  let claimedAt = 0
  const loop = startConsumerLoop({ intervalMs: LOOK_INTERVAL_MS, turn, onError })

  async function turn(): Promise<void> {
    if (isDue('reading')) await readWebhooks()
    if (isAnyLeft && isDue('cleanup')) await cleanUp().catch(onError)
    if (!isAnyThere) {
      noted.clear()
      return
    }
    if (noted.size > 0 && isDueOrWake('marking')) await markNoted()
    // A part that fails must not keep the others from their turn.
    if (isDue('sweep')) await sweep().catch(onError)
    if (isDueOrWake('claim')) await claim()
  }

  const isDue = (part: keyof typeof dueAt) => performance.now() >= dueAt[part]
  const setDue = (part: keyof typeof dueAt, delayMs: number) => (dueAt[part] = performance.now() + delayMs)

  /** There is a turn when the part is due. */
  function isDueOrWake(part: keyof typeof dueAt): boolean {
    if (isDue(part)) return true
    loop.wake(dueAt[part] - performance.now())
    return false
  }

  const restOf = (tookMs: number) => restAfter(tookMs, pacer.isYielding() ? YIELDING_REST_FACTOR : undefined)

  /** Those that are switched off keep their place: their sessions become due, too. */
  async function readWebhooks(): Promise<void> {
    const rows = await db.prisma.webhook.findMany({ select: { id: true, active: true, deletedAt: true } })
    isAnyLeft = rows.length > 0
    const present = rows.filter(({ deletedAt }) => deletedAt === null)
    isAnyThere = present.length > 0
    receiverIds = present.filter(({ active }) => active).map(({ id }) => Number(id))
    setDue('reading', LOOK_INTERVAL_MS)
  }

  async function markNoted(): Promise<void> {
    const moved = noted
    noted = new Map()
    const startedAt = performance.now()
    await markSessions(db, moved)
    setDue('marking', restOf(performance.now() - startedAt))
    expectClaim(0)
  }

  async function sweep(): Promise<void> {
    const startedAt = performance.now()
    setDue('sweep', SWEEP_INTERVAL_MS)
    await runSweep((range) => sweepSessions(db, range))
    setDue('sweep', Math.max(SWEEP_INTERVAL_MS, restOf(performance.now() - startedAt)))
    expectClaim(0)
  }

  async function cleanUp(): Promise<void> {
    setDue('cleanup', CLEANUP_INTERVAL_MS)
    const isMore = await cleanPiece()
    setDue('cleanup', isMore ? LOOK_INTERVAL_MS : CLEANUP_INTERVAL_MS)
  }

  /** There may be something to claim that the last claim has not found. */
  function expectClaim(delayMs: number): void {
    const earliestAt = claimedAt + (pacer.isYielding() ? YIELDING_CLAIM_MS : 0)
    dueAt.claim = Math.min(dueAt.claim, Math.max(performance.now() + delayMs, earliestAt))
  }

  async function claim(): Promise<void> {
    setDue('claim', LOOK_INTERVAL_MS)
    claimedAt = performance.now()
    const room = underWay.roomOf(receiverIds, pacer.isYielding() ? SESSIONS_WHEN_YIELDING : SESSIONS_PER_WEBHOOK)
    if (room.size === 0 || closing.signal.aborted) return
    for (const claimed of await claimSessions(db, epoch, room)) start(claimed)
  }

  function start(claimed: ClaimedSession): void {
    const work = deliverSession({ ...delivery, pace: pacer.pace, switchOff }, claimed, closing.signal)
      .catch(onError)
      .finally(() => {
        // There is room again, and the session may have moved on.
        expectClaim(COLLECT_MS)
        loop.wake(dueAt.claim - performance.now())
      })
    underWay.add(claimed.receiver.id, work)
  }

  async function switchOff(webhookId: number): Promise<void> {
    await db.prisma.webhook.updateMany({
      where: { id: webhookId, active: true },
      data: { active: false, goneAt: new Date() },
    })
  }

  return {
    note({ sessionId, seq }) {
      if (!isAnyThere) return
      const moved = noted.get(sessionId)
      if (moved !== undefined) {
        moved.first = Math.min(moved.first, seq)
        moved.last = Math.max(moved.last, seq)
      } else if (noted.size < MAX_NOTED_SESSIONS) {
        noted.set(sessionId, { first: seq, last: seq })
      } else return
      loop.wake(Math.max(dueAt.marking - performance.now(), COLLECT_MS))
    },
    wake() {
      setDue('reading', 0)
      setDue('claim', 0)
      loop.wake(0)
    },
    async close() {
      closing.abort()
      pacer.close()
      await loop.close()
      await underWay.end()
    },
  }
}
