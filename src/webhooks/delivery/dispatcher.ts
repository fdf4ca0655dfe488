import { setMaxListeners } from 'node:events'
import type { Database } from '../../database/database.js'
import type { EpochExpressions } from '../../database/epoch.js'
import { restAfter, startConsumerLoop } from '../../event-log/consumer-loop.js'
import { createSweepSize } from '../../event-log/sweep-size.js'
import { createCleanup } from '../cleanup.js'
import { claimSessions, type ClaimedSession } from './claim-sessions.js'
import { deliverSession, type SessionDelivery } from './deliver-session.js'
import { markSessions, sweepSessions, type MovedSession } from './mark-moved.js'

/** Delivers the events of all sessions to the webhooks, together with the dispatchers of the other nodes. */
export interface WebhookDispatcher {
  /** A durable event was committed. A map entry is all that it costs the caller; where there is no webhook, not even that. */
  note(event: { sessionId: number; seq: number }): void
  /** Webhooks were created or changed, or sessions made due. */
  wake(): void
  /** Ends deliveries under way and gives their sessions back. */
  close(): Promise<void>
}

export interface DispatcherOptions extends Omit<SessionDelivery, 'switchOff'> {
  db: Database
  epoch: Pick<EpochExpressions, 'run'>
  /** How long a statement may take, and so a transaction. */
  longestStatementMs: number
  onError: (error: unknown) => void
  /** A sweep has taken too long. The next one reads so many events of a table. */
  onSlowSweep: (mostEvents: number) => void
}

/** Sessions that this node delivers to one webhook at a time. */
const SESSIONS_PER_WEBHOOK = 8
/** Events that are committed together are looked at together. */
const COLLECT_MS = 25
/** How often to look for what is due by a retry, by a dead node's lease, or by another node. */
const LOOK_INTERVAL_MS = 1000
/** How often to look for sessions of which no node has told itself. */
const SWEEP_INTERVAL_MS = 2000
const CLEANUP_INTERVAL_MS = 60_000
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
  longestStatementMs,
  onError,
  onSlowSweep,
  ...delivery
}: DispatcherOptions): WebhookDispatcher {
  let noted = new Map<number, MovedSession>()
  let isAnyThere = false
  /** Ids of the webhooks that take deliveries. */
  let receiverIds: number[] = []
  /** By webhook. */
  const sessionsUnderWay = new Map<number, number>()
  const underWay = new Set<Promise<void>>()
  const runSweep = createSweepSize(onSlowSweep)
  const cleanPiece = createCleanup(db)
  const closing = new AbortController()
  // Each delivery under way listens.
  setMaxListeners(0, closing.signal)
  /** When each part of a turn is due. */
  const dueAt = { reading: 0, marking: 0, sweep: 0, cleanup: performance.now() + CLEANUP_INTERVAL_MS }
  const loop = startConsumerLoop({ intervalMs: LOOK_INTERVAL_MS, turn, onError })

  async function turn(): Promise<void> {
    if (isDue('reading')) await readWebhooks()
    if (!isAnyThere) {
      noted.clear()
      return
    }
    if (noted.size > 0) {
      if (isDue('marking')) await markNoted()
      else loop.wake(dueAt.marking - performance.now())
    }
    // A part that fails must not keep the others from their turn.
    if (isDue('sweep')) await sweep().catch(onError)
    if (isDue('cleanup')) await cleanUp().catch(onError)
    await claim()
  }

  const isDue = (part: keyof typeof dueAt) => performance.now() >= dueAt[part]
  const setDue = (part: keyof typeof dueAt, delayMs: number) => (dueAt[part] = performance.now() + delayMs)

  /** Those that are switched off keep their place: their sessions become due, too. */
  async function readWebhooks(): Promise<void> {
    const rows = await db.prisma.webhook.findMany({ select: { id: true, active: true, deletedAt: true } })
    isAnyThere = rows.length > 0
    receiverIds = rows.filter(({ active, deletedAt }) => active && deletedAt === null).map(({ id }) => Number(id))
    setDue('reading', LOOK_INTERVAL_MS)
  }

  async function markNoted(): Promise<void> {
    const moved = noted
    noted = new Map()
    const startedAt = performance.now()
    await markSessions(db, moved)
    setDue('marking', restAfter(performance.now() - startedAt))
  }

  async function sweep(): Promise<void> {
    const startedAt = performance.now()
    setDue('sweep', SWEEP_INTERVAL_MS)
    await runSweep((mostEvents) => sweepSessions(db, longestStatementMs, mostEvents))
    setDue('sweep', Math.max(SWEEP_INTERVAL_MS, restAfter(performance.now() - startedAt)))
  }

  async function cleanUp(): Promise<void> {
    setDue('cleanup', CLEANUP_INTERVAL_MS)
    const isMore = await cleanPiece()
    setDue('cleanup', isMore ? LOOK_INTERVAL_MS : CLEANUP_INTERVAL_MS)
  }

  async function claim(): Promise<void> {
    const room = new Map<number, number>()
    for (const id of receiverIds) {
      const free = SESSIONS_PER_WEBHOOK - (sessionsUnderWay.get(id) ?? 0)
      if (free > 0) room.set(id, free)
    }
    if (room.size === 0 || closing.signal.aborted) return
    for (const claimed of await claimSessions(db, epoch, room)) start(claimed)
  }

  function start(claimed: ClaimedSession): void {
    const { id } = claimed.receiver
    const count = (by: number) => sessionsUnderWay.set(id, (sessionsUnderWay.get(id) ?? 0) + by)
    count(1)
    const work = deliverSession({ ...delivery, switchOff }, claimed, closing.signal)
      .catch(onError)
      .finally(() => {
        underWay.delete(work)
        count(-1)
        // There is room again, and the session may have moved on.
        loop.wake(COLLECT_MS)
      })
    underWay.add(work)
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
      loop.wake(COLLECT_MS)
    },
    wake() {
      setDue('reading', 0)
      loop.wake(0)
    },
    async close() {
      closing.abort()
      await loop.close()
      await Promise.all(underWay)
    },
  }
}
