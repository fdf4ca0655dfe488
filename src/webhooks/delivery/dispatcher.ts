import { setMaxListeners } from 'node:events'
import type { Database } from '../../database/database.js'
import type { EpochExpressions } from '../../database/epoch.js'
import { restAfter, startConsumerLoop } from '../../event-log/consumer-loop.js'
import { createSweeper } from '../../event-log/sweeper.js'
import { createCleanup } from '../cleanup.js'
import { claimSessions, type ClaimedSession } from './claim-sessions.js'
import { deliverSession, type SessionDelivery } from './deliver-session.js'
import { markSessions, sweepSessions, type MovedSession } from './mark-moved.js'
import type { AttemptCounts } from './attempt-counts.js'
import type { Pacer } from './pacer.js'
import { createSessionsUnderWay } from './sessions-under-way.js'

/** Delivers the events of all sessions to the webhooks. The dispatchers of all nodes share the sessions. */
export interface WebhookDispatcher {
  /** A durable event was committed. Costs the caller a map entry at most, and nothing where there is no webhook. */
  note(event: { sessionId: number; seq: number }): void
  /** Webhooks were created or changed, or sessions made due. */
  wake(): void
  /** Aborts deliveries under way and gives their sessions back. */
  close(): Promise<void>
}

export interface DispatcherOptions extends Omit<SessionDelivery, 'switchOff' | 'isReceiving' | 'counts'> {
  db: Database
  counts: Pick<AttemptCounts, 'givenUp' | 'delayed'>
  pacer: Pacer
  epoch: Pick<EpochExpressions, 'run'>
  /** How long a statement may take, and so a transaction. */
  longestStatementMs: number
  onError: (error: unknown) => void
  /** A sweep took too long. The next one reads at most this many events of each table. */
  onSlowSweep: (mostEvents: number) => void
}

/** Sessions that this node delivers to one webhook at a time. */
const SESSIONS_PER_WEBHOOK = 8
/** Events that are committed within this time are marked together. */
const COLLECT_MS = 25
/** How often to look for sessions that are due by a retry, by the lease of a dead node, or by another node. */
const LOOK_INTERVAL_MS = 1000
/** How often to look for sessions that no node has noted. */
const SWEEP_INTERVAL_MS = 2000
const CLEANUP_INTERVAL_MS = 60_000
/** While deliveries yield, marking and sweeps take 1 % of the time at most. */
const YIELDING_REST_FACTOR = 100
/** More sessions are due than the node may deliver: more of them can wait. */
const BACKLOG_REST_MS = 5000
/** Further sessions are left to the sweep. */
const MAX_NOTED_SESSIONS = 50_000

/**
 * A crash of the node loses nothing: PostgreSQL has the position of each webhook in each session, and which sessions are due.
 * Statements that follow live traffic rest after each run for a multiple of its duration, so that they take a few percent of
 * a busy node's time at most.
 *
 * Job queues were tried with 2,000 pairs of webhook and session on two busy cores. Claiming and saving a pair took 0.14 ms
 * here, 0.5 ms in pg-boss 10.4 (`stately`, one key for each pair) and 4 ms in graphile-worker 0.17 (one named queue for each
 * pair, and each job writes 90 KB of WAL). Neither knows the position of a pair, so a retry and a new job of one key may
 * overtake each other, and graphile-worker frees the jobs of a dead worker only after four hours.
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
  let isAnyThere = false
  /** Also deleted webhooks, whose rows have to be cleaned up. */
  let isAnyLeft = false
  /** Ids of the webhooks that take deliveries. */
  let receiverIds: number[] = []
  const underWay = createSessionsUnderWay()
  const runSweep = createSweeper(db, { longestStatementMs, onSlowSweep })
  const cleanPiece = createCleanup(db)
  const closing = new AbortController()
  // Each delivery under way listens.
  setMaxListeners(0, closing.signal)
  const lastMarking = { at: 0, tookMs: 0 }
  const lastSweep = { at: 0, tookMs: 0 }
  /** When each part of a turn is due. */
  const dueAt = {
    reading: 0,
    claim: 0,
    cleanup: performance.now() + CLEANUP_INTERVAL_MS,
    /** Its rest ends as soon as the node has capacity again. */
    get marking() {
      return lastMarking.at + (isBacklogged ? BACKLOG_REST_MS : restOf(lastMarking.tookMs))
    },
  }
  let claimedAt = 0
  /** The last claim left sessions that are due. */
  let isBacklogged = false
  const loop = startConsumerLoop({ name: 'webhooks', intervalMs: LOOK_INTERVAL_MS, turn, onError })
  // A sweep may take long after an absence. Live traffic does not wait for it.
  const sweepLoop = startConsumerLoop({ name: 'sweep', intervalMs: SWEEP_INTERVAL_MS, turn: sweep, onError })

  async function turn(): Promise<void> {
    if (isDue('reading')) await readWebhooks()
    if (isAnyLeft && isDue('cleanup')) await cleanUp().catch(onError)
    if (!isAnyThere) {
      noted.clear()
      return
    }
    if (noted.size > 0 && isDueOrWake('marking')) await markNoted()
    if (isDueOrWake('claim')) await claim()
  }

  const isDue = (part: keyof typeof dueAt) => performance.now() >= dueAt[part]
  const setDue = (part: 'reading' | 'claim' | 'cleanup', delayMs: number) => (dueAt[part] = performance.now() + delayMs)

  /** Makes sure that there is a turn when the part is due. */
  function isDueOrWake(part: keyof typeof dueAt): boolean {
    if (isDue(part)) return true
    loop.wake(dueAt[part] - performance.now())
    return false
  }

  const restOf = (tookMs: number) => restAfter(tookMs, pacer.isYielding() ? YIELDING_REST_FACTOR : undefined)

  /** Webhooks that are switched off keep their positions, so their sessions become due, too. */
  async function readWebhooks(): Promise<void> {
    const rows = await db.prisma.webhook.findMany({ select: { id: true, active: true, deletedAt: true } })
    isAnyLeft = rows.length > 0
    const present = rows.filter(({ deletedAt }) => deletedAt === null)
    if (!isAnyThere && present.length > 0) sweepLoop.wake(0)
    isAnyThere = present.length > 0
    receiverIds = present.filter(({ active }) => active).map(({ id }) => Number(id))
    setDue('reading', LOOK_INTERVAL_MS)
  }

  async function markNoted(): Promise<void> {
    const moved = noted
    noted = new Map()
    const startedAt = performance.now()
    await markSessions(db, moved)
    endRun(lastMarking, startedAt)
    expectClaim(0)
  }

  async function sweep(): Promise<void> {
    const startedAt = performance.now()
    if (!isAnyThere || startedAt < lastSweep.at + restOf(lastSweep.tookMs)) return
    await runSweep((range) => sweepSessions(db, range))
    endRun(lastSweep, startedAt)
    expectClaim(0)
  }

  function endRun(run: { at: number; tookMs: number }, startedAt: number): void {
    run.at = performance.now()
    run.tookMs = run.at - startedAt
  }

  async function cleanUp(): Promise<void> {
    setDue('cleanup', CLEANUP_INTERVAL_MS)
    const isMore = await cleanPiece()
    setDue('cleanup', isMore ? LOOK_INTERVAL_MS : CLEANUP_INTERVAL_MS)
  }

  /** There may be something to claim that the last claim has not found. */
  function expectClaim(delayMs: number): void {
    dueAt.claim = Math.min(dueAt.claim, Math.max(performance.now() + delayMs, claimedAt + pacer.pauseMs()))
    loop.wake(dueAt.claim - performance.now())
  }

  async function claim(): Promise<void> {
    setDue('claim', LOOK_INTERVAL_MS)
    claimedAt = performance.now()
    const allowance = pacer.allowance()
    const room = underWay.roomOf(receiverIds, SESSIONS_PER_WEBHOOK)
    if (allowance < 1 || room.size === 0 || closing.signal.aborted) return
    const claimed = await claimSessions(db, epoch, { room, deliveries: allowance })
    const deliveries = claimed.reduce((sum, each) => sum + each.deliveries, 0)
    pacer.begin(deliveries, Math.max(0, ...claimed.map(({ waitedMs }) => waitedMs)))
    if (allowance !== Infinity) delivery.counts.delayed += deliveries
    isBacklogged = deliveries >= allowance
    claimed.forEach(start)
    if (isBacklogged) expectClaim(0)
  }

  function start(claimed: ClaimedSession): void {
    const isReceiving = () => receiverIds.includes(claimed.receiver.id)
    const work = deliverSession({ ...delivery, isReceiving, switchOff }, claimed, closing.signal)
      .then((made) => pacer.end(claimed.deliveries, made))
      .catch(onError)
      .finally(() => {
        // There is room again, and the session may have moved on.
        expectClaim(COLLECT_MS)
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
      await Promise.all([loop.close(), sweepLoop.close()])
      await underWay.end()
    },
  }
}
