import type { Connection } from '../connections/connection.js'
import { createAdminPositions, toAdminStanding, type AdminPositions } from './admin-positions.js'
import { readMovedPositions } from '../positions/recent-events.js'
import { createAdminStartFinder } from './find-admin-start.js'
import { createTypingAndPresence } from '../presence/typing-and-presence.js'
import { createSubscriptions } from '../connections/subscriptions.js'
import { factsOf, type Position } from '../positions/position.js'
import {
  receiveEvent,
  type Delivery,
  createBackfillingSequencer,
  subscribeThenRead,
  closeAsGone,
  type DeliveryDeps,
} from './delivery.js'
import { encodeTextFrame } from '../connections/text-frame.js'
import { createReceiptBroadcast } from '../receipts/receipt-broadcast.js'
import { readResetViews, sendAdminReset } from './reset-for-admins.js'
import { createUnreadCounter } from '../receipts/unread-counter.js'
import { createDeskBroadcast } from './desk-broadcast.js'
import { encodeFrame } from '../../protocol/encode-frame.js'
import { ADMINS_CHANNEL, adminChannel } from '../../events/channels.js'
import type { ChatEvent, ChangeEvent, DurableEvent, Parties } from '../../events/events.js'

/** The one account of `everyone`, whose subscription is the channel of all admins. */
const EVERYONE = 0

/**
 * Delivers to this node's admin sockets: every change of any session, the messages of open sessions, and the messages of the sessions
 * that an admin here holds. So this node sees all messages of a session only while it is open or its holder is connected here.
 * Its memory follows what happens and what is held here, not how many sessions are open.
 */
export interface AdminDelivery extends Delivery, Pick<AdminPositions, 'findParties' | 'heldSessions' | 'forgetIdle'> {
  /** The admins who are connected here. */
  readonly holdersHere: ReadonlySet<number>
  /** Whether the channel of all admins is subscribed to, and every session that moved lately is known. */
  isListening(): boolean
  /** When that began, by `performance.now()`. */
  listeningSince(): number
  /** The sessions whose store's presence an admin here is shown: those held here, and those shown as online. */
  watchedSessions(): Parties[]
  /** Adds a socket. @throws what subscribing or `prepare` throws */
  enter(connection: Connection, prepare: () => Promise<void> | void): Promise<void>
  /** Removes a socket. Returns whether it was the admin's last one here. */
  leave(connection: Connection): boolean
  /** Reads every unread count again: they may have changed without an event. */
  recountUnread(): void
  /** The database was set back, and sockets may know sessions that this node has forgotten: `closeVanished` closes them. */
  doubtForgotten(): void
}

export function createAdminDelivery(deps: DeliveryDeps): AdminDelivery {
  const { db, subscriber, watermarks, onError } = deps
  const holdersHere = new Set<number>()
  let listeningSince: number | undefined
  let mayKnowVanished = false

  const everyone = createSubscriptions(openEveryone)
  const subscriptions = createSubscriptions(openAdmin)
  const sequencer = createBackfillingSequencer(deps, {
    predecessorOf,
    deliver,
    findStart: createAdminStartFinder(db, watermarks),
    toStanding: (position) => toAdminStanding(position, holdersHere),
    onReset,
    onKnown: ({ sessionId }) => positions.touch(sessionId),
    onVanished: ({ sessionId }) => {
      forget(sessionId)
      mayKnowVanished = true
    },
  })
  const findKnown = (sessionId: number): Parties | undefined => sequencer.positions.get(sessionId)
  const send = (parties: Parties, text: string) => {
    const { holderId } = findKnown(parties.sessionId) ?? parties
    for (const connection of connectionsOf(holderId)) connection.send(text)
  }
  const receiptBroadcast = createReceiptBroadcast((parties, status, up_to_message_id) => {
    const receipt = { session_id: parties.sessionId, status, up_to_message_id, by: 'store' as const }
    send(parties, encodeFrame('message_status', receipt))
  })
  const typingAndPresence = createTypingAndPresence({
    of: 'store',
    send,
    findParties: findKnown,
    onDoubt: deps.onPresenceDoubt,
  })
  const sendTo = (adminId: number, text: string) => {
    for (const connection of subscriptions.connectionsOf(adminId)) connection.send(text)
  }
  const unread = createUnreadCounter(db, sendTo, onError)
  const desk = createDeskBroadcast(() => everyone.connectionsOf(EVERYONE))
  const base = { subscriptions, sequencer, receiptBroadcast, typingAndPresence }

  const positions = createAdminPositions({ db, watermarks, holdersHere, sequencer, receiptBroadcast })

  const connectionsOf = (holderId: number | null) =>
    holderId === null ? everyone.connectionsOf(EVERYONE) : subscriptions.connectionsOf(holderId)

  async function openEveryone(): Promise<() => void> {
    const leave = await subscribeThenRead(subscriber, ADMINS_CHANNEL, receive, async () => {
      for (const position of await readMovedPositions(db, watermarks.floor())) positions.start(position)
      listeningSince = performance.now()
    })
    return () => {
      leave()
      listeningSince = undefined
      for (const sessionId of sequencer.positions.keys()) forget(sessionId)
      positions.clear()
    }
  }

  async function openAdmin(adminId: number) {
    const leave = await subscribeThenRead(subscriber, adminChannel(adminId), receive, async () => {
      const held = await positions.readHeld(adminId)
      // Only now: what came in the absence of this holder is not live.
      holdersHere.add(adminId)
      for (const position of held) positions.start(position)
    })
    void deps.presence.enter({ side: 'admin', id: adminId })
    return () => {
      leave()
      positions.releaseHeld(adminId)
      holdersHere.delete(adminId)
      unread.forget(adminId)
      return deps.presence.leave({ side: 'admin', id: adminId })
    }
  }

  /** The session was set back, and its ids may be given again: its holder gets all of it, the others what they may see. */
  async function onReset({ sessionId, holderId }: Position): Promise<void> {
    const views = await readResetViews(deps, sessionId, holderId)
    if (views === undefined) return
    receiptBroadcast.forget(sessionId)
    receiptBroadcast.start(sessionId, { delivered: views.holder.deliveredUpTo, read: views.holder.readUpTo })
    sendAdminReset(deps, [...everyone.connectionsOf(EVERYONE)], { sessionId, holderId }, views)
  }

  /** Messages that nobody here may see are not delivered. */
  function predecessorOf(event: DurableEvent): number {
    if ('message' in event) return event.message.seq - 1
    const { seq, previousHolderId, previousChangeSeq } = event.change
    return previousHolderId === null || holdersHere.has(previousHolderId) ? seq - 1 : previousChangeSeq
  }

  function receive(event: ChatEvent): void {
    if ('receipt' in event) positions.touch(event.receipt.sessionId)
    if ('unreadOf' in event) unread.recount(event.unreadOf)
    else if (!desk.receive(event)) receiveEvent(base, event)
  }

  function deliver(event: DurableEvent): void {
    const { sessionId, seq } = factsOf(event)
    const isChange = 'change' in event
    const encoded = encodeTextFrame(event.frame)
    const received = !isChange && event.message.senderType === 'store' ? event.message.messageId : undefined
    const onSent = () => {
      if (received !== undefined) deps.deliveryReceipts.note(sessionId, 'admin', received)
    }
    for (const connection of connectionsOf(isChange ? null : event.message.holderId)) {
      connection.sendLive(sessionId, seq, encoded, onSent)
    }
    positions.touch(sessionId)
    if (isChange) followAudience(event.change)
    if (isChange || received === undefined) return
    const { holderId } = event.message
    for (const adminId of holderId === null ? subscriptions.ids() : [holderId])
      if (subscriptions.has(adminId)) unread.add(adminId)
  }

  /** Who sees a session only from now on is sent its store's presence: all admins of a released one, a new holder. */
  function followAudience(change: ChangeEvent): void {
    const { sessionId, kind, holderId } = change
    endTypingForOthers(change)
    const isSeen = kind !== 'close' && (holderId === null || holdersHere.has(holderId))
    if (!isSeen) return typingAndPresence.clearPresence(sessionId)
    typingAndPresence.changeHolder(change)
    typingAndPresence.doubtPresence(change, kind === 'release' || kind === 'transfer')
  }

  /** Who saw the session only until now is not sent the end of what is being typed. */
  function endTypingForOthers({ sessionId, holderId, previousHolderId }: ChangeEvent): void {
    const end = typingAndPresence.typingEndOf(sessionId)
    if (end === undefined || holderId === null) return
    for (const connection of connectionsOf(previousHolderId)) {
      if (connection.account.id !== holderId) connection.send(end)
    }
  }

  function forget(sessionId: number): void {
    sequencer.forget(sessionId)
    receiptBroadcast.forget(sessionId)
    typingAndPresence.forget(sessionId)
  }

  return {
    ...base,
    start: positions.start,
    findParties: positions.findParties,
    heldSessions: positions.heldSessions,
    forgetIdle: positions.forgetIdle,
    isListening: () => listeningSince !== undefined,
    listeningSince: () => listeningSince ?? 0,
    holdersHere,
    watchedSessions: () => [...positions.heldSessions(), ...typingAndPresence.onlineSessions()],
    async enter(connection, prepare) {
      await everyone.add(EVERYONE, connection, () => subscriptions.add(connection.account.id, connection, prepare))
    },
    leave(connection) {
      everyone.remove(EVERYONE, connection)
      return subscriptions.remove(connection.account.id, connection)
    },
    closeVanished() {
      if (mayKnowVanished) closeAsGone(everyone.connectionsOf(EVERYONE))
      mayKnowVanished = false
    },
    doubtForgotten() {
      mayKnowVanished = true
    },
    recountUnread() {
      for (const adminId of subscriptions.ids()) unread.recount(adminId)
    },
    async close() {
      await subscriptions.close()
      await everyone.close()
      sequencer.clear()
      receiptBroadcast.close()
      typingAndPresence.close()
      unread.close()
    },
  }
}
