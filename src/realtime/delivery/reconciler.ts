import type { Database } from '../../database/database.js'
import type { EpochExpressions } from '../../database/epoch.js'
import { unavailable } from '../../errors/request-error.js'
import type { AdminDelivery } from './admin-delivery.js'
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
/** Receipts that got lost are looked for in one sweep of so many. */
const RECEIPTS_EVERY = 20
/** Sessions that are gone are looked for in one sweep of so many. */
const MISSING_EVERY = 4

/**
 * Looks for what no live event will ever show: an event that was committed but not published, or lost on its way, and was
 * the last of its session. It compares PostgreSQL with what was delivered here. Being behind once is normal (the event may
 * be on its way); what is still missing at the next look is read. The cost follows this node's own accounts, and only the
 * sessions that have moved lately are read.
 *
 * PostgreSQL may also be behind what was delivered, at an earlier state: those sessions begin anew. After a restart of the
 * server, of which that may be the reason, all sessions here are compared, and those that have become active again begin anew.
 *
 * Nothing that has begun after `opened` is overlooked.
 */
export function createReconciler(
  db: Database,
  epoch: EpochExpressions,
  { store, admin }: { store: StoreDelivery; admin: AdminDelivery },
  { opened, longestStatementMs }: { opened: DatabaseState; longestStatementMs: number },
) {
  const behind = { store: new Map<number, number>(), admin: new Map<number, number>() }
  const overlapMs = longestStatementMs + 1000
  const nextFloor = createWatermarkHistory<Watermark>(overlapMs, (one, other) => ({
    messageId: Math.min(one.messageId, other.messageId),
    changeId: Math.min(one.changeId, other.changeId),
  }))
  const nextMoment = createWatermarkHistory<DatabaseState>(overlapMs, (one, other) => ({
    ...one,
    sessionId: Math.min(one.sessionId, other.sessionId),
  }))
  /** The run of the server with which was compared what was delivered here. */
  let agreedRun = opened.run
  let looks = 0

  async function compareRuns(newest: DatabaseState): Promise<void> {
    // A standby may lag; what it does not hold is not gone.
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

  async function sweepStores(newest: DatabaseState): Promise<void> {
    if (looks++ % RECEIPTS_EVERY === 0) await lookForReceipts()
    const { floor, done } = nextMoment(opened, newest)
    const heads = await readPositionsAfter(db, floor.sessionId, store.subscriptions.ids())
    for (const head of heads) {
      const { sessionId, storeId, holderId } = head
      if (store.sequencer.positions.has(sessionId) || !store.isNews(head)) continue
      store.sequencer.start({ sessionId, storeId, holderId, isClosed: false, last: 0 })
    }
    await resetSetBack(store.sequencer, aheadOf(store.sequencer, heads))
    // Also where the clock was set back meanwhile.
    const since = Math.min(floor.at.getTime(), newest.at.getTime()) - overlapMs
    const delivered = store.unended().map(({ sessionId, last }) => ({ sessionId, last }))
    const moved = await readMovedSessions(db, delivered, new Date(since))
    await resetSetBack(store.sequencer, aheadOf(store.sequencer, moved))
    behind.store = compare(store.sequencer, moved, behind.store)
    done()
  }

  async function lookForReceipts(): Promise<void> {
    const sessionIds = store.unended().map(({ sessionId }) => sessionId)
    for (const { sessionId, deliveredTo, readBy } of await readSessionPositions(db, sessionIds)) {
      store.receiptBroadcast.note(sessionId, { delivered: deliveredTo.admin, read: readBy.admin })
    }
  }

  async function sweepAdmins(): Promise<void> {
    if (!admin.isAnybodyHere()) return
    const heads = await readPositionsOfAdmins(db, [...admin.holdersHere])
    for (const head of heads) {
      admin.receiptBroadcast.note(head.sessionId, { delivered: head.deliveredTo.store, read: head.readBy.store })
    }
    const { floor, done } = nextFloor(admin.floor(), await readWatermark(db))
    const news = await readChangesForAdmins(db, floor)
    await startUnknown(news.flatMap(({ sessionId }) => (admin.sequencer.positions.has(sessionId) ? [] : sessionId)))
    await resetSetBack(admin.sequencer, aheadOf(admin.sequencer, [...heads, ...news]))
    if (looks % MISSING_EVERY === 0) await lookForMissing(heads)
    behind.admin = compare(admin.sequencer, [...heads, ...news], behind.admin)
    admin.tidy()
    done()
  }

  /** Sessions that are held here as far as this node knows, but not in PostgreSQL: given away just now, or gone. */
  async function lookForMissing(heads: SessionPosition[]): Promise<void> {
    const held = new Set(heads.map(({ sessionId }) => sessionId))
    await resetSetBack(
      admin.sequencer,
      admin.heldSessions().flatMap(({ sessionId }) => (held.has(sessionId) ? [] : sessionId)),
    )
  }

  /** Sessions of which not even the creation has come: new ones are told whole, others had ended before. */
  async function startUnknown(sessionIds: number[]): Promise<void> {
    const newSince = admin.listeningSince() - OVERLAP_MS
    for (const head of await readSessionPositions(db, sessionIds)) {
      const { sessionId, storeId, holderId, isClosed, seq, updated } = head
      const beginning = head.created >= newSince ? { last: 0 } : { last: seq, lastAt: updated }
      admin.sequencer.start({ sessionId, storeId, holderId, isClosed, ...beginning })
    }
  }

  return async () => {
    const newest = await readDatabaseState(db, epoch)
    await compareRuns(newest)
    await sweepStores(newest)
    await sweepAdmins()
    // Only now: what they come back with are the positions that they were reset to.
    store.dismissBereft()
    admin.dismissBereft()
  }
}

/** A session that ended long ago is not known here any more, and nobody would be told that it has not ended. */
function resetForgotten({ sequencer, start }: StoreDelivery | AdminDelivery, active: SessionPosition[]): void {
  for (const head of active) {
    if (sequencer.positions.has(head.sessionId)) continue
    start(head)
    const position = sequencer.positions.get(head.sessionId)
    if (position) void sequencer.reset(position)
  }
}

/** The sessions of which more was delivered than PostgreSQL seems to hold; an event may have been delivered meanwhile. */
function aheadOf(sequencer: Sequencer, heads: Pick<SessionPosition, 'sessionId' | 'seq'>[]): Set<number> {
  const isAhead = ({ sessionId, seq }: (typeof heads)[number]) => (sequencer.positions.get(sessionId)?.last ?? 0) > seq
  return new Set(heads.filter(isAhead).map(({ sessionId }) => sessionId))
}

/** Reads what has been missing since the look before, and returns what is missing now. */
function compare(
  sequencer: Sequencer,
  heads: Pick<SessionPosition, 'sessionId' | 'seq'>[],
  before: Map<number, number>,
) {
  const behind = new Map<number, number>()
  for (const { sessionId, seq } of heads) {
    const position = sequencer.positions.get(sessionId)
    if (position === undefined || position.last >= seq) continue
    behind.set(sessionId, Math.max(seq, behind.get(sessionId) ?? 0))
    if (position.last < (before.get(sessionId) ?? 0)) void sequencer.fill(position)
  }
  return behind
}

/**
 * Ids are given before the commit, so an id below the newest may still appear. Each look therefore begins where the ids
 * stood some time before the look before it: longer than a statement may take. Where the database is back at an earlier
 * state, it begins where the ids stand now.
 */
function createWatermarkHistory<Place>(overlapMs: number, lower: (one: Place, other: Place) => Place) {
  let first: Place | undefined
  let history: { at: number; floor: Place }[] = []
  let lastLookAt = 0

  return (start: Place, newest: Place) => {
    if (start !== first) {
      first = start
      history = [{ at: 0, floor: start }]
    }
    const now = Date.now()
    while (history[1] !== undefined && history[1].at <= lastLookAt - overlapMs) history.shift()
    return {
      floor: lower(history[0]?.floor ?? start, newest),
      /** The look succeeded: only then may the next one begin later. */
      done(): void {
        history.push({ at: now, floor: newest })
        lastLookAt = now
      },
    }
  }
}
