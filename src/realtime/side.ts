import type { Database } from '../database/database.js'
import { gatherReads, MOST_SESSIONS_TOGETHER } from '../database/gather.js'
import type { Announcement, DurableEvent } from './announce.js'
import { readEvents, wasCreatedSince } from './catch-up.js'
import type { DeliveryMarks } from './delivery-marks.js'
import type { Presence } from './presence.js'
import type { Relay } from './relay.js'
import { createSequencer, factsOf, type Position } from './sequencer.js'

/** What both sides of the delivery need of their node. */
export interface DeliveryRoom {
  db: Database
  relay: Relay
  marks: DeliveryMarks
  presence: Presence
  /** Somebody's presence is in doubt. */
  onPresenceDoubt(): void
  onError(error: unknown): void
}

/** A session that began this long before its listener did may be told from its beginning. */
export const OVERLAP_MS = 10_000

/** A sequencer that fills its gaps from PostgreSQL. `listeningSince` is a moment of the database's clock, in ms, by event. */
export function createFilledSequencer(
  { db, onError }: DeliveryRoom,
  side: {
    predecessorOf(event: DurableEvent): number
    deliver(event: DurableEvent): void
    listeningSince(event: DurableEvent): number
    onKnown?(position: Position): void
  },
) {
  const readEventsAfter = gatherReads((keys: string[]) => readEvents(db, keys), MOST_SESSIONS_TOGETHER)
  return createSequencer({
    ...side,
    onError,
    readEvents: async (sessionId, after) => (await readEventsAfter(`${sessionId}:${after}`)) ?? [],
    async findStart(event) {
      const { sessionId, seq } = factsOf(event)
      const since = new Date(side.listeningSince(event) - OVERLAP_MS)
      // An old session that is not known is a closed one, and the event a straggler.
      return (await wasCreatedSince(db, sessionId, since)) ? 0 : seq
    },
  })
}

/**
 * Listens to a channel from before `read` is called, which reads from PostgreSQL where things stand, and hands out what
 * came only after it: so nothing falls between the two. Returns how to stop listening.
 */
export async function listenAndRead(
  relay: Relay,
  channel: string,
  receive: (announcement: Announcement) => void,
  read: () => Promise<void>,
): Promise<() => void> {
  let early: Announcement[] | undefined = []
  const leave = await relay.subscribe(channel, (announcement) => {
    if (early) early.push(announcement)
    else receive(announcement)
  })
  try {
    await read()
  } catch (error) {
    leave()
    throw error
  }
  const announcements = early
  early = undefined
  announcements.forEach(receive)
  return leave
}
