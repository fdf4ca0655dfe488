import type { Database } from '../../database/database.js'
import { batchReads, MAX_SESSIONS_PER_BATCH } from '../../database/batch.js'
import { readEvents, wasCreatedSince } from './read-missed-events.js'
import type { DeliveryReceipts } from '../receipts/delivery-receipts.js'
import type { Connection } from '../connections/connection.js'
import { readSessionPositions, type SessionPosition } from './session-positions.js'
import type { Presence } from '../presence/presence.js'
import type { Sync, SyncRequest } from '../resume/read-syncs.js'
import type { PubSub } from '../../pubsub/pubsub.js'
import { createSequencer, factsOf, type Position, type Standing } from './sequencer.js'
import { encodeTextFrame } from '../connections/text-frame.js'
import { closeCodes } from '../../protocol/codes.js'
import { encodeFrame } from '../../protocol/encode-frame.js'
import type { ChatEvent, DurableEvent } from '../../events/events.js'

/** What both sides of the delivery need of their node. */
export interface DeliveryDeps {
  db: Database
  pubsub: PubSub
  deliveryReceipts: DeliveryReceipts
  presence: Presence
  readSync(request: SyncRequest): Promise<Sync | undefined>
  /** Somebody's presence is in doubt. */
  onPresenceDoubt(): void
  onError(error: unknown): void
}

/** A session that began this long before its listener did may be told from its beginning. */
export const OVERLAP_MS = 10_000

/** A sequencer that fills its gaps from PostgreSQL. `listeningSince` is a moment of the database's clock, in ms, by event. */
export function createBackfillingSequencer(
  { db, onError }: DeliveryDeps,
  side: {
    predecessorOf(event: DurableEvent): number
    deliver(event: DurableEvent): void
    listeningSince(event: DurableEvent): number
    /** Where a session stands for the sockets of this side. */
    toStanding(head: SessionPosition): Standing
    onReset(position: Position): Promise<void>
    onVanished(position: Position): void
    onKnown?(position: Position): void
  },
) {
  const readHead = batchReads(
    async (ids: number[]) => new Map((await readSessionPositions(db, ids)).map((head) => [head.sessionId, head])),
  )
  const readEventsAfter = batchReads((keys: string[]) => readEvents(db, keys), MAX_SESSIONS_PER_BATCH)
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
  const encoded = encodeTextFrame(encodeFrame('sync', answer))
  for (const connection of connections) connection.reset(sessionId, seq, encoded)
}

/** Has clients find out by themselves what there is: what they know of is gone. */
export function closeAsGone(connections: Iterable<Connection>): void {
  for (const connection of connections) connection.close(closeCodes.goingAway, 'the session is gone')
}

/**
 * Listens to a channel from before `read` is called, which reads from PostgreSQL where things stand, and hands out what
 * came only after it: so nothing falls between the two. Returns how to stop listening.
 */
export async function subscribeThenRead(
  pubsub: PubSub,
  channel: string,
  receive: (event: ChatEvent) => void,
  read: () => Promise<void>,
): Promise<() => void> {
  let early: ChatEvent[] | undefined = []
  const leave = await pubsub.subscribe(channel, (event) => {
    if (early) early.push(event)
    else receive(event)
  })
  try {
    await read()
  } catch (error) {
    leave()
    throw error
  }
  const events = early
  early = undefined
  events.forEach(receive)
  return leave
}
