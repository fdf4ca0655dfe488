import type { Database } from '../database/database.js'
import type { AdminSide } from './admin-side.js'
import {
  readFloor,
  readHeads,
  readHeadsAfter,
  readHeadsOfAdmins,
  readMoment,
  readMoved,
  readNewsForAdmins,
  type Floor,
  type Head,
  type Moment,
} from './heads.js'
import type { Sequencer } from './sequencer.js'
import { OVERLAP_MS } from './side.js'
import type { StoreSide } from './store-side.js'

export const SWEEP_INTERVAL_MS = 700
/** Receipts that got lost are looked for in one sweep of so many. */
const RECEIPTS_EVERY = 20

/**
 * Looks for what no live event will ever show: an event that was committed but not published, or lost on its way, and was
 * the last of its session. It compares PostgreSQL with what was delivered here. Being behind once is normal (the event may
 * be on its way); what is still missing at the next look is read. The cost follows this node's own accounts, and only the
 * sessions that have moved lately are read.
 */
export function createSweep(db: Database, store: StoreSide, admin: AdminSide, longestStatementMs: number) {
  const behind = { store: new Map<number, number>(), admin: new Map<number, number>() }
  const overlapMs = longestStatementMs + 1000
  const nextFloor = createFloors<Floor>(overlapMs)
  const nextMoment = createFloors<Moment>(overlapMs)
  let first: Moment | undefined
  let looks = 0

  async function sweepStores(): Promise<void> {
    if (looks++ % RECEIPTS_EVERY === 0) await lookForReceipts()
    const newest = await readMoment(db)
    first ??= newest
    const { floor, done } = nextMoment(first, newest)
    for (const head of await readHeadsAfter(db, floor.sessionId, store.roster.ids())) {
      if (store.sequencer.positions.has(head.sessionId) || !store.isNews(head)) continue
      store.sequencer.start({ ...head, isClosed: false, last: 0 })
    }
    // Also where the clock was set back meanwhile.
    const since = Math.min(floor.at.getTime(), newest.at.getTime()) - overlapMs
    const moved = await readMoved(db, store.unendedIds(), new Date(since))
    behind.store = compare(store.sequencer, moved, behind.store)
    done()
  }

  async function lookForReceipts(): Promise<void> {
    for (const { sessionId, deliveredTo, readBy } of await readHeads(db, store.unendedIds())) {
      store.ticks.note(sessionId, { delivered: deliveredTo.admin, read: readBy.admin })
    }
  }

  async function sweepAdmins(): Promise<void> {
    if (!admin.isAnybodyHere()) return
    const heads = await readHeadsOfAdmins(db, [...admin.holdersHere])
    for (const head of heads) {
      admin.ticks.note(head.sessionId, { delivered: head.deliveredTo.store, read: head.readBy.store })
    }
    const { floor, done } = nextFloor(admin.floor(), await readFloor(db))
    const news = await readNewsForAdmins(db, floor)
    await startUnknown(news.flatMap(({ sessionId }) => (admin.sequencer.positions.has(sessionId) ? [] : sessionId)))
    behind.admin = compare(admin.sequencer, [...heads, ...news], behind.admin)
    admin.tidy()
    done()
  }

  /** Sessions of which not even the creation has come: new ones are told whole, others had ended before. */
  async function startUnknown(sessionIds: number[]): Promise<void> {
    const newSince = admin.listeningSince() - OVERLAP_MS
    for (const head of await readHeads(db, sessionIds)) {
      admin.sequencer.start({ ...head, last: head.created >= newSince ? 0 : head.seq })
    }
  }

  return async () => {
    await sweepStores()
    await sweepAdmins()
  }
}

/** Reads what has been missing since the look before, and returns what is missing now. */
function compare(sequencer: Sequencer, heads: Pick<Head, 'sessionId' | 'seq'>[], before: Map<number, number>) {
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
 * stood some time before the look before it: longer than a statement may take.
 */
function createFloors<Place>(overlapMs: number) {
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
      floor: history[0]?.floor ?? start,
      /** The look succeeded: only then may the next one begin later. */
      done(): void {
        history.push({ at: now, floor: newest })
        lastLookAt = now
      },
    }
  }
}
