import { readDatabaseClock } from './read-missed-events.js'
import { readPositionsOfStores, type SessionPosition } from './session-positions.js'
import { createTypingAndPresence } from '../presence/typing-and-presence.js'
import { createSubscriptions } from '../connections/subscriptions.js'
import { factsOf, type Position, type Standing } from './sequencer.js'
import { createBackfillingSequencer, subscribeThenRead, closeAsGone, sendReset, type DeliveryDeps } from './delivery.js'
import { encodeTextFrame } from '../connections/text-frame.js'
import { createReceiptBroadcast } from '../receipts/receipt-broadcast.js'
import { encodeFrame } from '../../protocol/encode-frame.js'
import { storeChannel } from '../../events/channels.js'
import type { ChatEvent, ChangeEvent, DurableEvent } from '../../events/events.js'

/** Of a store's earlier sessions a few are remembered, for stragglers. */
const MOST_SESSIONS_KNOWN = 8

/** Brings to this node's store sockets what happens in their sessions. A store sees every event of its sessions. */
export function createStoreDelivery(deps: DeliveryDeps) {
  const listeningSince = new Map<number, number>()
  const sessionIds = new Map<number, number[]>()
  /** Stores of which a session is gone. */
  const bereft = new Set<number>()
  const subscriptions = createSubscriptions(openStore)
  const sequencer = createBackfillingSequencer(deps, {
    predecessorOf: (event) => factsOf(event).seq - 1,
    deliver,
    onKnown: ({ storeId, sessionId }) => {
      const known = [...(sessionIds.get(storeId) ?? []), sessionId]
      for (const old of known.splice(0, known.length - MOST_SESSIONS_KNOWN)) forget(old)
      sessionIds.set(storeId, known)
    },
    listeningSince: (event) => listeningSince.get(factsOf(event).storeId) ?? Date.now(),
    toStanding,
    onReset,
    onVanished: ({ storeId, sessionId }) => {
      forget(sessionId)
      bereft.add(storeId)
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

  async function openStore(storeId: number) {
    const leave = await subscribeThenRead(deps.pubsub, storeChannel(storeId), receive, async () => {
      listeningSince.set(storeId, await readDatabaseClock(deps.db))
      for (const head of await readPositionsOfStores(deps.db, [storeId])) start(head)
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

  /** The session is at an earlier state, in which ids may be given again: whoever is here is told of it from its beginning. */
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

  function start(head: SessionPosition): void {
    sequencer.start({ sessionId: head.sessionId, ...toStanding(head) })
    receiptBroadcast.start(head.sessionId, { delivered: head.deliveredTo.admin, read: head.readBy.admin })
  }

  const sessionsOf = (storeId: number) =>
    (sessionIds.get(storeId) ?? []).flatMap((sessionId) => sequencer.positions.get(sessionId) ?? [])

  /** The session that a store is in, as far as this node knows. */
  const activeSessionOf = (storeId: number) => sessionsOf(storeId).findLast(({ isClosed }) => !isClosed)

  function receive(event: ChatEvent): void {
    if ('message' in event || 'change' in event) sequencer.accept(event)
    else if ('receipt' in event) {
      const { sessionId, status, upToMessageId } = event.receipt
      receiptBroadcast.note(sessionId, { [status]: upToMessageId })
    } else if ('typing' in event) typingAndPresence.showTyping(event.typing)
    else if ('presence' in event) {
      const { sessionId, isOnline } = event.presence
      typingAndPresence.showPresence(sessionId, isOnline)
    }
  }

  function deliver(event: DurableEvent): void {
    const { sessionId, storeId, seq } = factsOf(event)
    const news = 'change' in event ? describeHolder(event.change) : []
    if ('change' in event) followHolder(event.change)
    const encoded = encodeTextFrame(event.frame)
    let isTold = false
    for (const connection of subscriptions.connectionsOf(storeId)) {
      if (!connection.sendLive(sessionId, seq, encoded)) continue
      isTold = true
      for (const text of news) connection.send(text)
    }
    if (!isTold || !('message' in event) || event.message.senderType === 'store') return
    deps.deliveryReceipts.note(sessionId, 'store', event.message.messageId)
  }

  /** A store is told the presence of each new holder. */
  function followHolder({ sessionId, kind, holderId }: ChangeEvent): void {
    if (holderId === null) typingAndPresence.clearPresence(sessionId)
    else if (kind !== 'close') typingAndPresence.doubtPresence(sessionId, true)
  }

  return {
    subscriptions,
    sequencer,
    receiptBroadcast,
    typingAndPresence,
    start,
    activeSessionOf,
    /** Has clients that know of a session that is gone find out by themselves what there is. */
    dismissBereft(): void {
      for (const storeId of bereft) closeAsGone(subscriptions.connectionsOf(storeId))
      bereft.clear()
    },
    /** The sessions whose end was not delivered here. */
    unended: () => subscriptions.ids().flatMap((storeId) => sessionsOf(storeId).filter(({ isClosed }) => !isClosed)),
    /** Whether a session that is not known has begun, and perhaps ended, since this node listens for its store. */
    isNews({ storeId, sessionId, created, isClosed }: SessionPosition): boolean {
      const known = sessionIds.get(storeId) ?? []
      const isForgotten = known.length >= MOST_SESSIONS_KNOWN && sessionId < Math.min(...known)
      return !isForgotten && (!isClosed || created >= (listeningSince.get(storeId) ?? Date.now()))
    },
    activeSessions: () => subscriptions.ids().flatMap((storeId) => activeSessionOf(storeId) ?? []),
    async close(): Promise<void> {
      await subscriptions.close()
      sequencer.clear()
      receiptBroadcast.close()
      typingAndPresence.close()
    },
  }
}

export type StoreDelivery = ReturnType<typeof createStoreDelivery>

const toStanding = ({ storeId, holderId, isClosed, seq, updated }: SessionPosition): Standing => ({
  ...{ storeId, holderId, isClosed },
  ...{ last: seq, lastAt: updated },
})

const isEmpty = (items: Iterable<unknown>) => [...items].length === 0

/** The frames that tell a store who it talks to now. */
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
