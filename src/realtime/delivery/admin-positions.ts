import type { Database } from '../../database/database.js'
import { batchReads } from '../../database/batch.js'
import type { Parties } from '../../events/events.js'
import type { ReceiptBroadcast } from '../receipts/receipt-broadcast.js'
import type { Position, Standing } from '../positions/position.js'
import { readFirstSeqs } from '../positions/recent-events.js'
import type { Sequencer } from './sequencer.js'
import { readPositionsOfAdmins, readSessionPositions, type SessionPosition } from '../positions/session-positions.js'
import type { WatermarkHistory } from '../positions/watermark-history.js'

export interface AdminPositionsDeps {
  db: Database
  watermarks: WatermarkHistory
  /** The admins who are connected here. */
  holdersHere: ReadonlySet<number>
  sequencer: Sequencer
  receiptBroadcast: ReceiptBroadcast
}

/**
 * The sessions that a node knows for its admins: those that they hold, and those that were active within the last minute. Of
 * all others every event up to the floor is settled, so that delivery can begin with their next event.
 */
export interface AdminPositions {
  start(position: SessionPosition): void
  /**
   * Reads the sessions that an admin holds. Their changes that are on the way, or were lost, are delivered to the other
   * admins here before it resolves.
   */
  readHeld(adminId: number): Promise<SessionPosition[]>
  heldSessions(): Position[]
  /** The parties of an active session, which are read where it is not known here; undefined where there is none. */
  findParties(sessionId: number): Promise<Parties | undefined>
  /** Notes that something has happened in a session. */
  touch(sessionId: number): void
  /** Notes that an admin leaves: its sessions are no longer held here. */
  releaseHeld(adminId: number): void
  /**
   * Forgets the sessions that were last active before a time of `performance.now()`, except those that admins here hold. A
   * session that was active since the floor was read is kept in any case.
   */
  forgetIdle(before: number): void
  clear(): void
}

export function createAdminPositions(deps: AdminPositionsDeps): AdminPositions {
  const { db, watermarks, holdersHere, sequencer, receiptBroadcast } = deps
  const { positions } = sequencer
  const recent = new RecentSessions()
  const readHeld = batchReads((adminIds: number[]) => readHeldBy(db, adminIds))
  const readPosition = batchReads((sessionIds: number[]) => readById(db, sessionIds))

  const isHeldHere = ({ holderId, isClosed }: Position) => !isClosed && holderId !== null && holdersHere.has(holderId)
  const heldSessions = () => [...positions.values()].filter(isHeldHere)

  /** A change that is on its way, or was lost, must still be delivered to the other admins here. */
  const owesChange = ({ sessionId, changeSeq }: SessionPosition) =>
    (positions.get(sessionId)?.last ?? changeSeq) < changeSeq

  /** Of unknown sessions, those with recent events begin before the first of them. */
  async function startOwing(found: SessionPosition[]): Promise<void> {
    const settledBefore = watermarks.settledBefore()
    const moved = found.filter(({ sessionId, updated }) => updated >= settledBefore && !positions.has(sessionId))
    const ids = moved.map(({ sessionId }) => sessionId)
    const firsts = await readFirstSeqs(db, ids, watermarks.floor())
    for (const { sessionId, storeId, holderId, isClosed } of moved) {
      const first = firsts.get(sessionId)
      if (first !== undefined) sequencer.start({ sessionId, storeId, holderId, isClosed, last: first - 1 })
    }
  }

  async function finishChanges(stored: SessionPosition): Promise<void> {
    const position = positions.get(stored.sessionId)
    if (position && owesChange(stored)) await sequencer.fill(position)
  }

  return {
    start(position) {
      const { sessionId, deliveredTo, readBy } = position
      if (owesChange(position)) return
      sequencer.start({ sessionId, ...toAdminStanding(position, holdersHere) })
      receiptBroadcast.start(sessionId, { delivered: deliveredTo.store, read: readBy.store })
    },
    async readHeld(adminId) {
      const found = (await readHeld(adminId)) ?? []
      await startOwing(found)
      await Promise.all(found.map(finishChanges))
      return found
    },
    heldSessions,
    async findParties(sessionId) {
      const known = positions.get(sessionId) ?? (await readPosition(sessionId))
      return known?.isClosed === false ? known : undefined
    },
    touch: (sessionId) => recent.touch(sessionId),
    releaseHeld(adminId) {
      for (const { sessionId, holderId } of heldSessions()) if (holderId === adminId) recent.touch(sessionId)
    },
    forgetIdle(before) {
      for (const sessionId of recent.takeIdle(Math.min(before, watermarks.floor().readFrom))) {
        const position = positions.get(sessionId)
        // Noted again when its holder leaves.
        if (position && isHeldHere(position)) continue
        if (position?.beginning ?? position?.filling ?? position?.waiting) recent.touch(sessionId)
        else {
          sequencer.forget(sessionId)
          receiptBroadcast.forget(sessionId)
        }
      }
    },
    clear: () => recent.clear(),
  }
}

/** A session as admins see it: while its holder is not connected here, only its changes. */
export function toAdminStanding(
  { storeId, holderId, isClosed, seq, changeSeq, updated }: SessionPosition,
  holdersHere: ReadonlySet<number>,
): Standing {
  const isSeen = holderId === null || holdersHere.has(holderId) || changeSeq === seq
  return { storeId, holderId, isClosed, last: isSeen ? seq : changeSeq, lastAt: isSeen ? updated : undefined }
}

async function readHeldBy(db: Database, adminIds: number[]): Promise<Map<number, SessionPosition[]>> {
  const held = new Map<number, SessionPosition[]>(adminIds.map((adminId) => [adminId, []]))
  for (const position of await readPositionsOfAdmins(db, adminIds)) held.get(position.holderId ?? 0)?.push(position)
  return held
}

async function readById(db: Database, sessionIds: number[]): Promise<Map<number, SessionPosition>> {
  const found = await readSessionPositions(db, sessionIds)
  return new Map(found.map((position) => [position.sessionId, position]))
}

/** Sessions in the order of their last activity on this node. */
class RecentSessions {
  /** By session, in the order of the times, which are those of `performance.now()`. */
  readonly #activeAt = new Map<number, number>()

  touch(sessionId: number): void {
    this.#activeAt.delete(sessionId)
    this.#activeAt.set(sessionId, performance.now())
  }

  /** Removes and returns the sessions that were last active before a time. */
  *takeIdle(before: number): Generator<number> {
    for (const [sessionId, activeAt] of this.#activeAt) {
      if (activeAt >= before) return
      this.#activeAt.delete(sessionId)
      yield sessionId
    }
  }

  clear(): void {
    this.#activeAt.clear()
  }
}
