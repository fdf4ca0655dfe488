import { wasCreatedSince } from './read-missed-events.js'
import type { SessionPosition } from '../positions/session-positions.js'
import type { Ready, StoreEntry, StorePosition } from '../resume/read-ready.js'
import { createTypingAndPresence } from '../presence/typing-and-presence.js'
import { createSubscriptions } from '../connections/subscriptions.js'
import { factsOf, type Position, type Standing } from '../positions/position.js'
import {
  receiveEvent,
  type Delivery,
  createBackfillingSequencer,
  subscribeThenRead,
  closeAsGone,
  sendReset,
  type DeliveryDeps,
} from './delivery.js'
import { encodeTextFrame } from '../connections/text-frame.js'
import { createReceiptBroadcast } from '../receipts/receipt-broadcast.js'
import { encodeFrame } from '../../protocol/encode-frame.js'
import { storeChannel } from '../../events/channels.js'
import type { ChatEvent, ChangeEvent, DurableEvent, Parties } from '../../events/events.js'

/** A session that was created this long before its channel was subscribed to is delivered from its beginning. */
const OVERLAP_MS = 10_000
/** Of each store so many sessions are kept, so that stragglers of earlier ones are recognised. */
const MAX_SESSIONS_KNOWN = 8

/** Delivers to this node's store sockets. A store sees every event of its sessions. */
export interface StoreDelivery extends Delivery {
  /** The active session of a store, as far as this node knows. */
  activeSessionOf(storeId: number): Position | undefined
  /** What `ready` contains for the first socket of a store; undefined when it must be read. */
  takeReady(storeId: number): Ready | undefined
  /** The active sessions of connected stores that an admin holds. */
  heldSessions(): Position[]
  /** The sessions of connected stores whose close was not delivered here. */
  unended(): Position[]
  /** Whether an unknown session has begun, and perhaps ended, since this node listens for its store. */
  isNew(position: SessionPosition): boolean
}

export interface StoreDeliveryDeps extends DeliveryDeps {
  readEntry(storeId: number): Promise<StoreEntry>
}

export function createStoreDelivery(deps: StoreDeliveryDeps): StoreDelivery {
  const listeningSince = new Map<number, number>()
  const sessionIds = new Map<number, number[]>()
  /** What was read when a store's channel was subscribed to, until its first socket is sent it. */
  const unsentReady = new Map<number, Ready>()
  /** Stores of which a session has vanished. */
  const vanished = new Set<number>()
  const subscriptions = createSubscriptions(openStore)
  const sequencer = createBackfillingSequencer(deps, {
    predecessorOf: (event) => factsOf(event).seq - 1,
    deliver,
    onKnown: ({ storeId, sessionId }) => {
      const known = [...(sessionIds.get(storeId) ?? []), sessionId]
      for (const old of known.splice(0, known.length - MAX_SESSIONS_KNOWN)) forget(old)
      sessionIds.set(storeId, known)
    },
    findStart: (event) => (factsOf(event).seq === 1 ? 0 : readStart(event)),
    toStanding,
    onReset,
    onVanished: ({ storeId, sessionId }) => {
      forget(sessionId)
      vanished.add(storeId)
    },
  })
  const send = ({ storeId }: Parties, text: string) => {
    for (const connection of subscriptions.connectionsOf(storeId)) connection.send(text)
  }
  const receiptBroadcast = createReceiptBroadcast((parties, status, up_to_message_id) => {
    const receipt = { session_id: parties.sessionId, status, up_to_message_id, by: 'admin' as const }
    send(parties, encodeFrame('message_status', receipt))
  })
  const typingAndPresence = createTypingAndPresence({
    of: 'admin',
    send,
    findParties: (sessionId) => sequencer.positions.get(sessionId),
    onDoubt: deps.onPresenceDoubt,
  })
  const base = { subscriptions, sequencer, receiptBroadcast, typingAndPresence }

  const receive = (event: ChatEvent) => receiveEvent(base, event)

  async function openStore(storeId: number) {
    const leave = await subscribeThenRead(deps.subscriber, storeChannel(storeId), receive, async () => {
      const { at, position, ready } = await deps.readEntry(storeId)
      listeningSince.set(storeId, at)
      if (position) start(position)
      unsentReady.set(storeId, ready)
    })
    void deps.presence.enter({ side: 'store', id: storeId })
    return () => {
      leave()
      unsentReady.delete(storeId)
      listeningSince.delete(storeId)
      for (const { sessionId } of sessionsOf(storeId)) forget(sessionId)
      sessionIds.delete(storeId)
      return deps.presence.leave({ side: 'store', id: storeId })
    }
  }

  /** An old session that is unknown here was closed, and the event is a straggler. */
  async function readStart(event: DurableEvent): Promise<number> {
    const { sessionId, storeId, seq } = factsOf(event)
    const since = new Date((listeningSince.get(storeId) ?? Date.now()) - OVERLAP_MS)
    return (await wasCreatedSince(deps.db, sessionId, since)) ? 0 : seq
  }

  function forget(sessionId: number): void {
    sequencer.forget(sessionId)
    receiptBroadcast.forget(sessionId)
    typingAndPresence.forget(sessionId)
  }

  /** The session was set back, and its ids may be given again: the store's sockets get its newest messages. */
  async function onReset({ sessionId, storeId }: Position): Promise<void> {
    const account = { side: 'store' as const, id: storeId }
    const sync = await deps.readSync({ account, sessionId, after: null, before: null, epoch: null })
    if (sync === undefined) return
    deps.deliveryReceipts.forget(sessionId, 'store')
    receiptBroadcast.forget(sessionId)
    receiptBroadcast.start(sessionId, { delivered: sync.deliveredUpTo, read: sync.readUpTo })
    sendReset(subscriptions.connectionsOf(storeId), sessionId, sync)
    if (sync.newestForeignId !== null && !isEmpty(subscriptions.connectionsOf(storeId))) {
      deps.deliveryReceipts.note(sessionId, 'store', sync.newestForeignId)
    }
  }

  /** What was read at the beginning serves the first socket, unless something has happened since. */
  function takeReady(storeId: number): Ready | undefined {
    const ready = unsentReady.get(storeId)
    unsentReady.delete(storeId)
    const active = activeSessionOf(storeId)
    const isCurrent = active?.sessionId === ready?.session?.id && active?.last === ready?.session?.seq
    return isCurrent && active?.beginning === undefined ? ready : undefined
  }

  function start(position: StorePosition): void {
    sequencer.start({ sessionId: position.sessionId, ...toStanding(position) })
    receiptBroadcast.start(position.sessionId, { delivered: position.deliveredTo.admin, read: position.readBy.admin })
  }

  const sessionsOf = (storeId: number) =>
    (sessionIds.get(storeId) ?? []).flatMap((sessionId) => sequencer.positions.get(sessionId) ?? [])

  const activeSessionOf = (storeId: number) => sessionsOf(storeId).findLast(({ isClosed }) => !isClosed)

  function deliver(event: DurableEvent): void {
    const { sessionId, storeId, seq } = factsOf(event)
    const holderFrames = 'change' in event ? describeHolder(event.change) : []
    if ('change' in event) followHolder(event.change)
    const encoded = encodeTextFrame(event.frame)
    const received = 'message' in event && event.message.senderType === 'admin' ? event.message.messageId : undefined
    for (const connection of subscriptions.connectionsOf(storeId)) {
      connection.sendLive(sessionId, seq, encoded, () => {
        for (const text of holderFrames) connection.send(text)
        if (received !== undefined) deps.deliveryReceipts.note(sessionId, 'store', received)
      })
    }
  }

  /** The presence of each new holder is sent. */
  function followHolder(change: ChangeEvent): void {
    if (change.holderId === null) typingAndPresence.clearPresence(change.sessionId)
    else if (change.kind !== 'close') typingAndPresence.doubtPresence(change, true)
  }

  return {
    ...base,
    start,
    activeSessionOf,
    takeReady,
    closeVanished() {
      for (const storeId of vanished) closeAsGone(subscriptions.connectionsOf(storeId))
      vanished.clear()
    },
    unended: () => subscriptions.ids().flatMap((storeId) => sessionsOf(storeId).filter(({ isClosed }) => !isClosed)),
    isNew({ storeId, sessionId, created, isClosed }) {
      const known = sessionIds.get(storeId) ?? []
      const isForgotten = known.length >= MAX_SESSIONS_KNOWN && sessionId < Math.min(...known)
      return !isForgotten && (!isClosed || created >= (listeningSince.get(storeId) ?? Date.now()))
    },
    heldSessions: () =>
      [...sequencer.positions.values()].filter(({ isClosed, holderId }) => !isClosed && holderId !== null),
    async close() {
      await subscriptions.close()
      sequencer.clear()
      receiptBroadcast.close()
      typingAndPresence.close()
    },
  }
}

const toStanding = ({ storeId, holderId, isClosed, seq, updated }: StorePosition): Standing => ({
  ...{ storeId, holderId, isClosed },
  ...{ last: seq, lastAt: updated },
})

const isEmpty = (items: Iterable<unknown>) => [...items].length === 0

/** The frames that tell a store that its admin has come or gone. */
function describeHolder({ kind, holderId, previousHolderId }: ChangeEvent): string[] {
  if (kind === 'claim') {
    return [encodeFrame('admin_connected', { admin_id: holderId, message: 'An admin has joined the conversation' })]
  }
  if (kind === 'release' || kind === 'transfer') {
    return [
      encodeFrame('admin_disconnected', { admin_id: previousHolderId, message: 'The admin has left the conversation' }),
    ]
  }
  return []
}
