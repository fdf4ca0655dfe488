import type { Database } from '../../database/database.js'
import type { EpochExpressions } from '../../database/epoch.js'
import { unavailable } from '../../errors/request-error.js'
import type { AdminDelivery } from './admin-delivery.js'
import type { DeliveryCounts } from './delivery-counts.js'
import { findSetBack } from './find-set-back.js'
import {
  readSessionPositions,
  readPositionsAfter,
  readPositionsOfAdmins,
  readPositionsOfStores,
  readMovedSessions,
  type SessionPosition,
} from '../positions/session-positions.js'
import {
  readDatabaseState,
  readMovedForAdmins,
  type DatabaseState,
  type MovedSession,
} from '../positions/recent-events.js'
import type { SettledState, WatermarkHistory } from '../positions/watermark-history.js'
import type { Sequencer } from './sequencer.js'
import type { StoreDelivery } from './store-delivery.js'

export const RECONCILE_INTERVAL_MS = 700
/** One of so many rounds rounds for receipts whose event was lost. */
const RECEIPTS_EVERY = 20
/** One of so many rounds rounds for held sessions that are gone. */
const MISSING_EVERY = 4
/** Admins' sessions are known for this long after their last event, so that stragglers are recognised. */
const KEEP_IDLE_MS = 60_000

/**
 * Compares PostgreSQL with what was delivered here, and repairs the difference: an event that was committed but not published, or
 * whose publication was lost, leaves no gap when it is the last one of its session. A session that is behind in one round may
 * have its event still on the way; one that is still behind in the next round is read. Only sessions that moved lately are
 * read, so the cost follows this node's own accounts.
 *
 * A session of which more was delivered than PostgreSQL holds was set back, and is reset. After each restart of the server, all
 * sessions that are known here are compared, because a restore or a failover needs one. When it was one, the sockets of
 * admins are closed, too: they may know sessions that this node has forgotten, and resume what they know.
 *
 * Covers everything that begins after the state that `watermarks` began with. Returns the function that does one round.
 * @throws (one round) RequestError 503 on a standby, and what the database throws
 */
export function createReconciler(
  db: Database,
  epoch: EpochExpressions,
  { store, admin }: { store: StoreDelivery; admin: AdminDelivery },
  {
    opened,
    watermarks,
    overlapMs,
    counts,
  }: { opened: DatabaseState; watermarks: WatermarkHistory; overlapMs: number; counts: DeliveryCounts },
) {
  const behind = { store: new Map<number, number>(), admin: new Map<number, number>() }
  /** The run of the server that the positions here were last compared with. */
  let agreed = opened
  let rounds = 0

  async function compareRuns(newest: DatabaseState): Promise<void> {
    // A standby may lag: what it lacks is not gone.
    if (newest.run === null) throw unavailable('The database is a standby')
    if (newest.run !== agreed.run) {
      await resetSetBack(store.sequencer, store.sequencer.positions.keys())
      const wasSetBack = await resetSetBack(admin.sequencer, admin.sequencer.positions.keys())
      resetForgotten(store, await readPositionsOfStores(db, store.subscriptions.ids()))
      resetForgotten(admin, await readPositionsOfAdmins(db, [...admin.holdersHere]))
      if (wasSetBack || newest.epoch !== agreed.epoch) admin.doubtForgotten()
      admin.recountUnread()
    }
    agreed = newest
    store.sequencer.retryResets()
    admin.sequencer.retryResets()
  }

  /** Returns whether one of the sessions was set back. */
  async function resetSetBack(sequencer: Sequencer, sessionIds: Iterable<number>): Promise<boolean> {
    const positions = [...sessionIds].flatMap((sessionId) => sequencer.positions.get(sessionId) ?? [])
    const resets: Promise<void>[] = []
    for await (const position of findSetBack(db, positions)) resets.push(sequencer.reset(position))
    await Promise.all(resets)
    return resets.length > 0
  }

  async function reconcileStores({ sessionId: newestSettled, at }: SettledState): Promise<void> {
    if (rounds++ % RECEIPTS_EVERY === 0) await repairReceipts()
    const positions = await readPositionsAfter(db, newestSettled, store.subscriptions.ids())
    for (const stored of positions) {
      const { sessionId, storeId, holderId } = stored
      if (store.sequencer.positions.has(sessionId) || !store.isNew(stored)) continue
      store.sequencer.start({ sessionId, storeId, holderId, isClosed: false, last: 0 })
    }
    await resetSetBack(store.sequencer, aheadOf(store.sequencer, positions))
    const delivered = store.unended().map(({ sessionId, last }) => ({ sessionId, last }))
    const moved = await readMovedSessions(db, delivered, new Date(at - overlapMs))
    await resetSetBack(store.sequencer, aheadOf(store.sequencer, moved))
    behind.store = fillBehind(store.sequencer, moved, behind.store, counts)
  }

  async function repairReceipts(): Promise<void> {
    const sessionIds = store.unended().map(({ sessionId }) => sessionId)
    for (const stored of await readSessionPositions(db, sessionIds)) {
      store.receiptBroadcast.note(stored, { delivered: stored.deliveredTo.admin, read: stored.readBy.admin })
    }
  }

  async function reconcileAdmins(floor: SettledState): Promise<void> {
    if (!admin.isListening()) return
    const positions = await readPositionsOfAdmins(db, [...admin.holdersHere])
    for (const stored of positions) {
      admin.receiptBroadcast.note(stored, { delivered: stored.deliveredTo.store, read: stored.readBy.store })
    }
    const moved = await readMovedForAdmins(db, floor)
    await startUnknown(moved)
    await resetSetBack(admin.sequencer, aheadOf(admin.sequencer, [...positions, ...moved]))
    if (rounds % MISSING_EVERY === 0) await resetMissing(positions)
    behind.admin = fillBehind(admin.sequencer, [...positions, ...moved], behind.admin, counts)
    admin.forgetIdle(performance.now() - KEEP_IDLE_MS)
  }

  /** Sessions that this node takes for held here and PostgreSQL does not: handed over just now, or gone. */
  async function resetMissing(positions: SessionPosition[]): Promise<void> {
    const held = new Set(positions.map(({ sessionId }) => sessionId))
    await resetSetBack(
      admin.sequencer,
      admin.heldSessions().flatMap(({ sessionId }) => (held.has(sessionId) ? [] : sessionId)),
    )
  }

  /** Sessions that are unknown here, though they have events above the floor: none of these has arrived. */
  async function startUnknown(moved: MovedSession[]): Promise<void> {
    const firsts = new Map(
      moved.flatMap(({ sessionId, first }) => (admin.sequencer.positions.has(sessionId) ? [] : [[sessionId, first]])),
    )
    for (const { sessionId, storeId, holderId, isClosed } of await readSessionPositions(db, [...firsts.keys()])) {
      const first = firsts.get(sessionId)
      if (first !== undefined) admin.sequencer.start({ sessionId, storeId, holderId, isClosed, last: first - 1 })
    }
  }

  return async () => {
    const startedAt = performance.now()
    const newest = await readDatabaseState(db, epoch)
    await compareRuns(newest)
    // Not before: what a standby lacks is settled all the same.
    const done = watermarks.begin(newest, startedAt)
    await reconcileStores(watermarks.floor())
    await reconcileAdmins(watermarks.floor())
    done()
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
