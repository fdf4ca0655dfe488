import type { Database } from '../database/database.js'
import { gatherReads, MOST_SESSIONS_TOGETHER } from '../database/gather.js'
import { sessionReadFrame, type Announcement, type DurableEvent, type SessionReadEvent } from './announce.js'
import { readEvents, wasCreatedSince } from './catch-up.js'
import type { DeliveryMarks } from './delivery-marks.js'
import type { Connection } from './connection.js'
import { closeCodes, frame } from './frames.js'
import { readHeads, type Head } from './heads.js'
import type { Presence } from './presence.js'
import type { Sync, SyncRequest } from './read-syncs.js'
import type { Relay } from './relay.js'
import { createSequencer, factsOf, type Position, type Standing } from './sequencer.js'
import { encodeTextFrame } from './text-frame.js'

/** What both sides of the delivery need of their node. */
export interface DeliveryRoom {
  db: Database
  relay: Relay
  marks: DeliveryMarks
  presence: Presence
  readSync(request: SyncRequest): Promise<Sync | undefined>
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
    /** Where a session stands for the sockets of this side. */
    toStanding(head: Head): Standing
    onReset(position: Position): Promise<void>
    onVanished(position: Position): void
    onKnown?(position: Position): void
  },
) {
  const readHead = gatherReads(
    async (ids: number[]) => new Map((await readHeads(db, ids)).map((head) => [head.sessionId, head])),
  )
  const readEventsAfter = gatherReads((keys: string[]) => readEvents(db, keys), MOST_SESSIONS_TOGETHER)
  return createSequencer({
    ...side,
    onError,
    readEvents: async (sessionId, after) =>
      (await readEventsAfter(`${sessionId}:${after}`)) ?? { events: [], lastAt: [] },
    async findStart(event) {
      const { sessionId, seq } = factsOf(event)
      const since = new Date(side.listeningSince(event) - OVERLAP_MS)
      // An old session that is not known is a closed one, and the event a straggler.
      return (await wasCreatedSince(db, sessionId, since)) ? 0 : seq
    },
    async readStanding(sessionId) {
      const head = await readHead(sessionId)
      return head && side.toStanding(head)
    },
  })
}

/** Sends sockets a session anew, as a sync that says so. */
export function sendReset(connections: Iterable<Connection>, sessionId: number, { answer, seq }: Sync): void {
  const encoded = encodeTextFrame(frame('sync', answer))
  for (const connection of connections) connection.reset(sessionId, seq, encoded)
}

/** Tells the sockets of an account that it has read a session, except the socket that it read by. */
export function sendSessionRead(connections: Iterable<Connection>, event: SessionReadEvent): void {
  const text = sessionReadFrame(event)
  for (const connection of connections) if (connection.name !== event.readBy) connection.send(text)
}

/** Has clients find out by themselves what there is: what they know of is gone. */
export function sendElsewhere(connections: Iterable<Connection>): void {
  for (const connection of connections) connection.close(closeCodes.goingAway, 'the session is gone')
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
