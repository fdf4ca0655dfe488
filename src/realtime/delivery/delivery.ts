import type { Database } from '../../database/database.js'
import { batchReads, MAX_SESSIONS_PER_BATCH } from '../../database/batch.js'
import { readEvents } from './read-missed-events.js'
import type { DeliveryReceipts } from '../receipts/delivery-receipts.js'
import type { Connection } from '../connections/connection.js'
import { readSessionPositions, type SessionPosition } from '../positions/session-positions.js'
import type { DeliveryCounts } from './delivery-counts.js'
import type { Presence } from '../presence/presence.js'
import type { Sync, SyncRequest } from '../resume/read-syncs.js'
import type { Subscriber } from '../../events/publisher.js'
import type { Tracing } from '../../instruments/tracing.js'
import type { Subscriptions } from '../connections/subscriptions.js'
import type { TypingAndPresence } from '../presence/typing-and-presence.js'
import type { ReceiptBroadcast } from '../receipts/receipt-broadcast.js'
import { createSequencer, type Sequencer, type SequencerOptions } from './sequencer.js'
import { factsOf, type Position, type Standing } from '../positions/position.js'
import type { WatermarkHistory } from '../positions/watermark-history.js'
import { encodeTextFrame } from '../connections/text-frame.js'
import { closeCodes } from '../../protocol/codes.js'
import { encodeFrame } from '../../protocol/encode-frame.js'
import { sessionReadFrame } from '../../events/event-frames.js'
import type { ChatEvent, DurableEvent, SessionReadEvent } from '../../events/events.js'

/** What the deliveries of both sides need. */
export interface DeliveryDeps {
  db: Database
  subscriber: Subscriber
  deliveryReceipts: DeliveryReceipts
  presence: Presence
  watermarks: WatermarkHistory
  /** Reads what an account has missed of a session; undefined where the account may not see it. */
  readSync(request: SyncRequest): Promise<Sync | undefined>
  counts: DeliveryCounts
  tracing?: Tracing | undefined
  /** A presence should be read again soon. */
  onPresenceDoubt(): void
  onError(error: unknown): void
}

/** Delivers to one side's sockets on this node. Both sides offer this. */
export interface Delivery {
  /** The sockets by account. */
  readonly subscriptions: Subscriptions
  readonly sequencer: Sequencer
  readonly receiptBroadcast: ReceiptBroadcast
  readonly typingAndPresence: TypingAndPresence
  /** Begins delivering a session at its position in PostgreSQL, or advances it to there. */
  start(position: SessionPosition): void
  /** Closes, with 1001, the sockets of clients that may know a session which is gone: they find out what there is. */
  closeVanished(): void
  /** Closes every subscription. */
  close(): Promise<void>
}

/** Takes an event that concerns a session. */
export function receiveEvent(delivery: Omit<Delivery, 'start' | 'closeVanished' | 'close'>, event: ChatEvent): void {
  const { subscriptions, sequencer, receiptBroadcast, typingAndPresence } = delivery
  if ('message' in event || 'change' in event) sequencer.accept(event)
  else if ('receipt' in event) {
    const { receipt } = event
    receiptBroadcast.note(receipt, { [receipt.status]: receipt.upToMessageId })
  } else if ('sessionRead' in event) {
    const { sessionRead } = event
    sendSessionRead(subscriptions.connectionsOf(sessionRead.accountId), sessionRead)
  } else if ('typing' in event) typingAndPresence.showTyping(event.typing)
  else if ('presence' in event) {
    typingAndPresence.showPresence(event.presence, event.presence.isOnline)
  }
}

/** A sequencer that fills its gaps from PostgreSQL. */
export function createBackfillingSequencer(
  { db, counts, tracing, onError }: DeliveryDeps,
  side: {
    predecessorOf(event: DurableEvent): number
    deliver(event: DurableEvent): void
    findStart: SequencerOptions['findStart']
    /** The position of a session as the sockets of this side may see it. */
    toStanding(position: SessionPosition): Standing
    onReset(position: Position): Promise<void>
    onVanished(position: Position): void
    onKnown?(position: Position): void
  },
): Sequencer {
  const readPosition = batchReads(
    async (ids: number[]) =>
      new Map((await readSessionPositions(db, ids)).map((position) => [position.sessionId, position])),
  )
  const readEventsAfter = batchReads((keys: string[]) => readEvents(db, keys), MAX_SESSIONS_PER_BATCH)
  return createSequencer({
    ...side,
    deliver: (event) => {
      traceDelivery(tracing, event, side.deliver)
      const { at } = factsOf(event)
      if (at !== undefined) counts.latencies.observe(Math.max(0, Date.now() - at) / 1000)
    },
    onError,
    readEvents: async (sessionId, after) => {
      const missed = (await readEventsAfter(`${sessionId}:${after}`)) ?? { events: [], lastAt: [] }
      counts.eventsFilled += missed.events.length
      return missed
    },
    onReset: (position) => {
      counts.resets++
      return side.onReset(position)
    },
    async readStanding(sessionId) {
      const position = await readPosition(sessionId)
      return position && side.toStanding(position)
    },
  })
}

/** Delivers an event in a span of the trace that its publisher began, if there is one. */
function traceDelivery(
  tracing: Tracing | undefined,
  event: DurableEvent,
  deliver: (event: DurableEvent) => void,
): void {
  if (tracing === undefined || event.trace === undefined) return deliver(event)
  tracing.run({ name: 'deliver event', kind: 'consumer', parent: event.trace }, () => deliver(event))
}

/** Sends sockets a sync with `reset`: it takes the place of all that they know of the session. */
export function sendReset(connections: Iterable<Connection>, sessionId: number, { answer, seq }: Sync): void {
  const encoded = encodeTextFrame(encodeFrame('sync', answer))
  for (const connection of connections) connection.reset(sessionId, seq, encoded)
}

/** Tells the sockets of an account that it has read a session, except the socket that it read by. */
function sendSessionRead(connections: Iterable<Connection>, event: SessionReadEvent): void {
  const text = sessionReadFrame(event)
  for (const connection of connections) if (!connection.isNamed(event.readBy)) connection.send(text)
}

/** Closes sockets with 1001, so that their clients reconnect and read again: a session that they know is gone. */
export function closeAsGone(connections: Iterable<Connection>): void {
  for (const connection of connections) connection.close(closeCodes.goingAway, 'the session is gone')
}

/**
 * Subscribes to a channel, then reads from PostgreSQL by `read`, then hands out the events that came meanwhile: so none
 * falls between the two. Returns how to unsubscribe.
 * @throws what `read` throws; the subscription is ended then
 */
export async function subscribeThenRead(
  subscriber: Subscriber,
  channel: string,
  receive: (event: ChatEvent) => void,
  read: () => Promise<void>,
): Promise<() => void> {
  let early: ChatEvent[] | undefined = []
  const leave = await subscriber.subscribe(channel, (event) => {
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
