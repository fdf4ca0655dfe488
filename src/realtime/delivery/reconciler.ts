import type { Database } from '../../database/database.js'
import type { EpochExpressions } from '../../database/epoch.js'
import { unavailable } from '../../errors/request-error.js'
import type { AdminDelivery } from './admin-delivery.js'
import type { DeliveryCounts } from './delivery-counts.js'
import { findSetBack } from './find-set-back.js'
import {
  readActivePositions,
  readWatermark,
  readSessionPositions,
  readPositionsAfter,
  readPositionsOfAdmins,
  readPositionsOfStores,
  readDatabaseState,
  readMovedSessions,
  readChangesForAdmins,
  type Watermark,
  type SessionPosition,
  type DatabaseState,
} from './session-positions.js'
import type { Sequencer } from './sequencer.js'
import { OVERLAP_MS } from './delivery.js'
import type { StoreDelivery } from './store-delivery.js'

export const RECONCILE_INTERVAL_MS = 700
/** One of so many rounds rounds for receipts whose event was lost. */
const RECEIPTS_EVERY = 20
/** One of so many rounds rounds for held sessions that are gone. */
const MISSING_EVERY = 4

/**
 * Compares PostgreSQL with what was delivered here, and repairs the difference: an event that was committed but not published, or
 * whose publication was lost, leaves no gap when it is the last one of its session. A session that is behind in one round may
 * have its event still on the way; one that is still behind in the next round is read. Only sessions that moved lately are
 * read, so the cost follows this node's own accounts.
 *
 * A session of which more was delivered than PostgreSQL holds was set back, and is reset. After each restart of the server, all
 * sessions here are compared, because a restore or a failover needs one.
 *
 * Covers everything that begins after `opened`. Returns the function that does one round.
 * @throws (one round) RequestError 503 on a standby, and what the database throws
 */
export function createReconciler(
  db: Database,
  epoch: EpochExpressions,
  { store, admin }: { store: StoreDelivery; admin: AdminDelivery },
  { opened, longestStatementMs, counts }: { opened: DatabaseState; longestStatementMs: number; counts: DeliveryCounts },
) {
  const behind = { store: new Map<number, number>(), admin: new Map<number, number>() }
  const overlapMs = longestStatementMs + 1000
  const nextWatermark = createWatermarkHistory<Watermark>(overlapMs, (one, other) => ({
    messageId: Math.min(one.messageId, other.messageId),
    changeId: Math.min(one.changeId, other.changeId),
  }))
  const nextState = createWatermarkHistory<DatabaseState>(overlapMs, (one, other) => ({
    ...one,
    sessionId: Math.min(one.sessionId, other.sessionId),
  }))
  /** The run of the server that the positions here were last compared with. */
  let agreedRun = opened.run
  let rounds = 0

  async function compareRuns(newest: DatabaseState): Promise<void> {
    // A standby may lag: what it lacks is not gone.
    if (newest.run === null) throw unavailable('The database is a standby')
    if (newest.run !== agreedRun) {
      await resetSetBack(store.sequencer, store.sequencer.positions.keys())
      await resetSetBack(admin.sequencer, admin.sequencer.positions.keys())
      resetForgotten(store, await readPositionsOfStores(db, store.subscriptions.ids()))
      if (admin.isAnybodyHere()) resetForgotten(admin, await readActivePositions(db))
      admin.recountUnread()
    }
    agreedRun = newest.run
    store.sequencer.retryResets()
    admin.sequencer.retryResets()
  }

  async function resetSetBack(sequencer: Sequencer, sessionIds: Iterable<number>): Promise<void> {
    const positions = [...sessionIds].flatMap((sessionId) => sequencer.positions.get(sessionId) ?? [])
    const resets: Promise<void>[] = []
    for await (const position of findSetBack(db, positions)) resets.push(sequencer.reset(position))
    await Promise.all(resets)
  }

  async function reconcileStores(newest: DatabaseState): Promise<void> {
    if (rounds++ % RECEIPTS_EVERY === 0) await repairReceipts()
    const { watermark, done } = nextState(opened, newest)
    const positions = await readPositionsAfter(db, watermark.sessionId, store.subscriptions.ids())
    for (const stored of positions) {
      const { sessionId, storeId, holderId } = stored
      if (store.sequencer.positions.has(sessionId) || !store.isNew(stored)) continue
      store.sequencer.start({ sessionId, storeId, holderId, isClosed: false, last: 0 })
    }
    await resetSetBack(store.sequencer, aheadOf(store.sequencer, positions))
    // The clock may have been set back meanwhile.
    const since = Math.min(watermark.at.getTime(), newest.at.getTime()) - overlapMs
    const delivered = store.unended().map(({ sessionId, last }) => ({ sessionId, last }))
    const moved = await readMovedSessions(db, delivered, new Date(since))
    await resetSetBack(store.sequencer, aheadOf(store.sequencer, moved))
    behind.store = fillBehind(store.sequencer, moved, behind.store, counts)
    done()
  }

  async function repairReceipts(): Promise<void> {
    const sessionIds = store.unended().map(({ sessionId }) => sessionId)
    for (const { sessionId, deliveredTo, readBy } of await readSessionPositions(db, sessionIds)) {
      store.receiptBroadcast.note(sessionId, { delivered: deliveredTo.admin, read: readBy.admin })
    }
  }

  async function reconcileAdmins(): Promise<void> {
    if (!admin.isAnybodyHere()) return
    const positions = await readPositionsOfAdmins(db, [...admin.holdersHere])
    for (const stored of positions) {
      admin.receiptBroadcast.note(stored.sessionId, { delivered: stored.deliveredTo.store, read: stored.readBy.store })
    }
    const { watermark, done } = nextWatermark(admin.startWatermark(), await readWatermark(db))
    const changes = await readChangesForAdmins(db, watermark)
    await startUnknown(changes.flatMap(({ sessionId }) => (admin.sequencer.positions.has(sessionId) ? [] : sessionId)))
    await resetSetBack(admin.sequencer, aheadOf(admin.sequencer, [...positions, ...changes]))
    if (rounds % MISSING_EVERY === 0) await resetMissing(positions)
    behind.admin = fillBehind(admin.sequencer, [...positions, ...changes], behind.admin, counts)
    admin.forgetClosed()
    done()
  }

  /** Sessions that this node takes for held here and PostgreSQL does not: handed over just now, or gone. */
  async function resetMissing(positions: SessionPosition[]): Promise<void> {
    const held = new Set(positions.map(({ sessionId }) => sessionId))
    await resetSetBack(
      admin.sequencer,
      admin.heldSessions().flatMap(({ sessionId }) => (held.has(sessionId) ? [] : sessionId)),
    )
  }

  /** Sessions of which not even the creation has arrived: new ones are delivered whole, the others had ended before. */
  async function startUnknown(sessionIds: number[]): Promise<void> {
    const newSince = admin.listeningSince() - OVERLAP_MS
    for (const stored of await readSessionPositions(db, sessionIds)) {
      const { sessionId, storeId, holderId, isClosed, seq, updated } = stored
      const beginning = stored.created >= newSince ? { last: 0 } : { last: seq, lastAt: updated }
      admin.sequencer.start({ sessionId, storeId, holderId, isClosed, ...beginning })
    }
  }

  return async () => {
    const newest = await readDatabaseState(db, epoch)
    await compareRuns(newest)
    await reconcileStores(newest)
    await reconcileAdmins()
    // After the resets: the clients resume with the positions that they were reset to.
    store.closeVanished()
    admin.closeVanished()
  }
}

/** A session that was closed long ago was forgotten here. When the database was set back it may be active again. */
function resetForgotten({ sequencer, start }: StoreDelivery | AdminDelivery, active: SessionPosition[]): void {
  for (const stored of active) {
    if (sequencer.positions.has(stored.sessionId)) continue
    start(stored)
    const position = sequencer.positions.get(stored.sessionId)
    if (position) void sequencer.reset(position)
  }
}

/** The sessions of which more was delivered than was read; an event may have been delivered meanwhile. */
function aheadOf(sequencer: Sequencer, positions: Pick<SessionPosition, 'sessionId' | 'seq'>[]): Set<number> {
  const isAhead = ({ sessionId, seq }: (typeof positions)[number]) =>
    (sequencer.positions.get(sessionId)?.last ?? 0) > seq
  return new Set(positions.filter(isAhead).map(({ sessionId }) => sessionId))
}

/** Fills the sessions that were behind in the round before and still are. Returns the sessions that are behind now. */
function fillBehind(
  sequencer: Sequencer,
  positions: Pick<SessionPosition, 'sessionId' | 'seq'>[],
  before: Map<number, number>,
  counts: DeliveryCounts,
) {
  const behind = new Map<number, number>()
  for (const { sessionId, seq } of positions) {
    const position = sequencer.positions.get(sessionId)
    if (position === undefined || position.last >= seq) continue
    behind.set(sessionId, Math.max(seq, behind.get(sessionId) ?? 0))
    if (position.last >= (before.get(sessionId) ?? 0)) continue
    counts.eventsRepaired += seq - position.last
    void sequencer.fill(position)
  }
  return behind
}

/**
 * Ids are assigned before the commit, so a smaller id may still appear after a larger one was read. Each round therefore begins
 * at the watermark of an earlier round: one that is older than the longest statement. When the database was set back, it begins
 * at the present watermark.
 */
function createWatermarkHistory<Mark>(overlapMs: number, lower: (one: Mark, other: Mark) => Mark) {
  let first: Mark | undefined
  let history: { at: number; watermark: Mark }[] = []
  let lastRoundAt = 0

  return (start: Mark, newest: Mark) => {
    if (start !== first) {
      first = start
      history = [{ at: 0, watermark: start }]
    }
    const now = Date.now()
    while (history[1] !== undefined && history[1].at <= lastRoundAt - overlapMs) history.shift()
    return {
      watermark: lower(history[0]?.watermark ?? start, newest),
      /** The round succeeded: only then may later ones begin at a newer watermark. */
      done(): void {
        history.push({ at: now, watermark: newest })
        lastRoundAt = now
      },
    }
  }
}
