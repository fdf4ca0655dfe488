import { readDatabaseClock } from './read-missed-events.js'
import { readPositionsOfStores, type SessionPosition } from './session-positions.js'
import { createTypingAndPresence } from '../presence/typing-and-presence.js'
import { createSubscriptions } from '../connections/subscriptions.js'
import { factsOf, type Position, type Standing } from './position.js'
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
import type { ChatEvent, ChangeEvent, DurableEvent } from '../../events/events.js'

/** Of each store so many sessions are kept, so that stragglers of earlier ones are recognised. */
const MAX_SESSIONS_KNOWN = 8

/** Delivers to this node's store sockets. A store sees every event of its sessions. */
export interface StoreDelivery extends Delivery {
  /** The active session of a store, as far as this node knows. */
  activeSessionOf(storeId: number): Position | undefined
  activeSessions(): Position[]
  /** The sessions of connected stores whose close was not delivered here. */
  unended(): Position[]
  /** Whether an unknown session has begun, and perhaps ended, since this node listens for its store. */
  isNew(position: SessionPosition): boolean
}

export function createStoreDelivery(deps: DeliveryDeps): StoreDelivery {
  const listeningSince = new Map<number, number>()
  const sessionIds = new Map<number, number[]>()
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
    listeningSince: (event) => listeningSince.get(factsOf(event).storeId) ?? Date.now(),
    toStanding,
    onReset,
    onVanished: ({ storeId, sessionId }) => {
      forget(sessionId)
      vanished.add(storeId)
    },
  })
  const send = (sessionId: number, text: string) => {
    const storeId = sequencer.positions.get(sessionId)?.storeId
    if (storeId === undefined) return
    for (const connection of subscriptions.connectionsOf(storeId)) connection.send(text)
  }
  const receiptBroadcast = createReceiptBroadcast((session_id, status, up_to_message_id) =>
    send(session_id, encodeFrame('message_status', { session_id, status, up_to_message_id, by: 'admin' })),
  )
  const typingAndPresence = createTypingAndPresence('admin', send, deps.onPresenceDoubt)
  const base = { subscriptions, sequencer, receiptBroadcast, typingAndPresence }

  const receive = (event: ChatEvent) => receiveEvent(base, event)

  async function openStore(storeId: number) {
    const leave = await subscribeThenRead(deps.subscriber, storeChannel(storeId), receive, async () => {
      listeningSince.set(storeId, await readDatabaseClock(deps.db))
      for (const position of await readPositionsOfStores(deps.db, [storeId])) start(position)
    })
    await deps.presence.enter({ side: 'store', id: storeId })
    return () => {
      leave()
      listeningSince.delete(storeId)
      for (const { sessionId } of sessionsOf(storeId)) forget(sessionId)
      sessionIds.delete(storeId)
      return deps.presence.leave({ side: 'store', id: storeId })
    }
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
    deps.deliveryReceipts.forget(sessionId)
    receiptBroadcast.forget(sessionId)
    receiptBroadcast.start(sessionId, { delivered: sync.deliveredUpTo, read: sync.readUpTo })
    sendReset(subscriptions.connectionsOf(storeId), sessionId, sync)
    if (sync.newestForeignId !== null && !isEmpty(subscriptions.connectionsOf(storeId))) {
      deps.deliveryReceipts.note(sessionId, 'store', sync.newestForeignId)
    }
  }

  function start(position: SessionPosition): void {
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
    let isSent = false
    for (const connection of subscriptions.connectionsOf(storeId)) {
      if (!connection.sendLive(sessionId, seq, encoded)) continue
      isSent = true
      for (const text of holderFrames) connection.send(text)
    }
    if (!isSent || !('message' in event) || event.message.senderType === 'store') return
    deps.deliveryReceipts.note(sessionId, 'store', event.message.messageId)
  }

  /** The presence of each new holder is sent. */
  function followHolder({ sessionId, kind, holderId }: ChangeEvent): void {
    if (holderId === null) typingAndPresence.clearPresence(sessionId)
    else if (kind !== 'close') typingAndPresence.doubtPresence(sessionId, true)
  }

  return {
    ...base,
    start,
    activeSessionOf,
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
    activeSessions: () => subscriptions.ids().flatMap((storeId) => activeSessionOf(storeId) ?? []),
    async close() {
      await subscriptions.close()
      sequencer.clear()
      receiptBroadcast.close()
      typingAndPresence.close()
    },
  }
}

const toStanding = ({ storeId, holderId, isClosed, seq, updated }: SessionPosition): Standing => ({
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
