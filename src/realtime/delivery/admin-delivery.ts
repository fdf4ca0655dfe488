import { readDatabaseClock } from './read-missed-events.js'
import type { Connection } from '../connections/connection.js'
import {
  readActivePositions,
  readWatermark,
  readPositionsOfAdmins,
  type Watermark,
  type SessionPosition,
} from './session-positions.js'
import { createTypingAndPresence } from '../presence/typing-and-presence.js'
import { createSubscriptions } from '../connections/subscriptions.js'
import { factsOf, type Position, type Standing } from './position.js'
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
import type { ChatEvent, ChangeEvent, DurableEvent } from '../../events/events.js'

/** The one account of `everyone`, whose subscription is the channel of all admins. */
const EVERYONE = 0
/** A closed session is kept this long, so that its stragglers are recognised. */
const KEEP_CLOSED_MS = 60_000

/**
 * Delivers to this node's admin sockets: every change of any session, the messages of open sessions, and the messages of the sessions
 * that an admin here holds. So this node sees all messages of a session only while it is open or its holder is connected here.
 */
export interface AdminDelivery extends Delivery {
  /** The admins who are connected here. */
  readonly holdersHere: ReadonlySet<number>
  /** Since when the channel of all admins is subscribed to, in ms of the database's clock. */
  listeningSince(): number
  /** The newest ids when that subscription began. */
  startWatermark(): Watermark
  isAnybodyHere(): boolean
  /** The sessions that admins here hold, as far as this node knows. */
  heldSessions(): Position[]
  /** The sessions whose store's presence an admin here is shown: those held here, and those shown as online. */
  watchedSessions(): Position[]
  /** Adds a socket. @throws what subscribing or `prepare` throws */
  enter(connection: Connection, prepare: () => Promise<void> | void): Promise<void>
  /** Removes a socket. Returns whether it was the admin's last one here. */
  leave(connection: Connection): boolean
  /** Reads every unread count again: they may have changed without an event. */
  recountUnread(): void
  /** Forgets the sessions that were closed a minute ago or earlier. */
  forgetClosed(): void
}

export function createAdminDelivery(deps: DeliveryDeps): AdminDelivery {
  const { db, subscriber, onError } = deps
  const holdersHere = new Set<number>()
  const closed: { sessionId: number; at: number }[] = []
  let listeningSince = Date.now()
  let startWatermark: Watermark = { messageId: 0, changeId: 0 }

  let hasVanishedSession = false

  const everyone = createSubscriptions(openEveryone)
  const subscriptions = createSubscriptions(openAdmin)
  const sequencer = createBackfillingSequencer(deps, {
    predecessorOf,
    deliver,
    listeningSince: () => listeningSince,
    toStanding,
    onReset,
    onVanished: ({ sessionId }) => {
      forget(sessionId)
      hasVanishedSession = true
    },
  })
  const send = (sessionId: number, text: string) => {
    const position = sequencer.positions.get(sessionId)
    if (position) for (const connection of connectionsOf(position.holderId)) connection.send(text)
  }
  const receiptBroadcast = createReceiptBroadcast((session_id, status, up_to_message_id) =>
    send(session_id, encodeFrame('message_status', { session_id, status, up_to_message_id, by: 'store' })),
  )
  const typingAndPresence = createTypingAndPresence('store', send, deps.onPresenceDoubt)
  const sendTo = (adminId: number, text: string) => {
    for (const connection of subscriptions.connectionsOf(adminId)) connection.send(text)
  }
  const unread = createUnreadCounter(db, sendTo, onError)
  const desk = createDeskBroadcast(() => everyone.connectionsOf(EVERYONE))
  const base = { subscriptions, sequencer, receiptBroadcast, typingAndPresence }

  const connectionsOf = (holderId: number | null) =>
    holderId === null ? everyone.connectionsOf(EVERYONE) : subscriptions.connectionsOf(holderId)

  async function openEveryone(): Promise<() => void> {
    const leave = await subscribeThenRead(subscriber, ADMINS_CHANNEL, receive, async () => {
      listeningSince = await readDatabaseClock(db)
      startWatermark = await readWatermark(db)
      for (const position of await readActivePositions(db)) start(position)
    })
    return () => {
      leave()
      for (const sessionId of sequencer.positions.keys()) forget(sessionId)
    }
  }

  async function openAdmin(adminId: number) {
    const leave = await subscribeThenRead(subscriber, adminChannel(adminId), receive, async () => {
      const positions = await readPositionsOfAdmins(db, [adminId])
      // Before this holder gets live frames: what came in its absence is not live.
      await Promise.all(positions.map(finishChanges))
      holdersHere.add(adminId)
      for (const position of positions) start(position)
    })
    await deps.presence.enter({ side: 'admin', id: adminId })
    return () => {
      leave()
      holdersHere.delete(adminId)
      unread.forget(adminId)
      return deps.presence.leave({ side: 'admin', id: adminId })
    }
  }

  /** A change that is on its way, or was lost, must still be delivered to the other admins here. */
  const owesChange = ({ sessionId, changeSeq }: SessionPosition) =>
    (sequencer.positions.get(sessionId)?.last ?? changeSeq) < changeSeq

  async function finishChanges(stored: SessionPosition): Promise<void> {
    const position = sequencer.positions.get(stored.sessionId)
    if (position && owesChange(stored)) await sequencer.fill(position)
  }

  /** Of a session whose holder is not connected here, only the changes are seen. */
  function toStanding({ storeId, holderId, isClosed, seq, changeSeq, updated }: SessionPosition): Standing {
    const isSeen = holderId === null || holdersHere.has(holderId) || changeSeq === seq
    return { storeId, holderId, isClosed, last: isSeen ? seq : changeSeq, lastAt: isSeen ? updated : undefined }
  }

  /** The session was set back, and its ids may be given again: its holder gets all of it, the others what they may see. */
  async function onReset({ sessionId, holderId }: Position): Promise<void> {
    const views = await readResetViews(deps, sessionId, holderId)
    if (views === undefined) return
    receiptBroadcast.forget(sessionId)
    receiptBroadcast.start(sessionId, { delivered: views.holder.deliveredUpTo, read: views.holder.readUpTo })
    sendAdminReset(deps, [...everyone.connectionsOf(EVERYONE)], { sessionId, holderId }, views)
  }

  function start(position: SessionPosition): void {
    if (owesChange(position)) return
    sequencer.start({ sessionId: position.sessionId, ...toStanding(position) })
    receiptBroadcast.start(position.sessionId, { delivered: position.deliveredTo.store, read: position.readBy.store })
  }

  /** Messages that nobody here may see are not delivered. */
  function predecessorOf(event: DurableEvent): number {
    if ('message' in event) return event.message.seq - 1
    const { seq, previousHolderId, previousChangeSeq } = event.change
    return previousHolderId === null || holdersHere.has(previousHolderId) ? seq - 1 : previousChangeSeq
  }

  function receive(event: ChatEvent): void {
    if ('unreadOf' in event) unread.recount(event.unreadOf)
    else if (!desk.receive(event)) receiveEvent(base, event)
  }

  function deliver(event: DurableEvent): void {
    const { sessionId, seq } = factsOf(event)
    const isChange = 'change' in event
    const encoded = encodeTextFrame(event.frame)
    let isSent = false
    for (const connection of connectionsOf(isChange ? null : event.message.holderId)) {
      if (connection.sendLive(sessionId, seq, encoded)) isSent = true
    }
    if (isChange) followAudience(event.change)
    if (isChange && event.change.kind === 'close') closed.push({ sessionId, at: Date.now() })
    if (isChange || event.message.senderType === 'admin') return
    const { messageId, holderId } = event.message
    if (isSent) deps.deliveryReceipts.note(sessionId, 'admin', messageId)
    for (const adminId of holderId === null ? subscriptions.ids() : [holderId])
      if (subscriptions.has(adminId)) unread.add(adminId)
  }

  /** Who sees a session only from now on is sent its store's presence: all admins of a released one, a new holder. */
  function followAudience({ sessionId, kind, holderId }: ChangeEvent): void {
    if (kind === 'close' || (holderId !== null && !holdersHere.has(holderId))) return
    typingAndPresence.doubtPresence(sessionId, kind === 'release' || kind === 'transfer')
  }

  function forget(sessionId: number): void {
    sequencer.forget(sessionId)
    receiptBroadcast.forget(sessionId)
    typingAndPresence.forget(sessionId)
  }

  return {
    ...base,
    start,
    listeningSince: () => listeningSince,
    startWatermark: () => startWatermark,
    isAnybodyHere: () => everyone.has(EVERYONE),
    holdersHere,
    heldSessions: () =>
      [...sequencer.positions.values()].filter(
        ({ holderId, isClosed }) => !isClosed && holderId !== null && holdersHere.has(holderId),
      ),
    watchedSessions() {
      const online = new Set(typingAndPresence.onlineSessions())
      return [...sequencer.positions.values()].filter(
        ({ sessionId, holderId, isClosed }) =>
          !isClosed && (online.has(sessionId) || (holderId !== null && holdersHere.has(holderId))),
      )
    },
    async enter(connection, prepare) {
      await everyone.add(EVERYONE, connection, () => subscriptions.add(connection.account.id, connection, prepare))
    },
    leave(connection) {
      everyone.remove(EVERYONE, connection)
      return subscriptions.remove(connection.account.id, connection)
    },
    closeVanished() {
      if (hasVanishedSession) closeAsGone(everyone.connectionsOf(EVERYONE))
      hasVanishedSession = false
    },
    recountUnread() {
      for (const adminId of subscriptions.ids()) unread.recount(adminId)
    },
    forgetClosed() {
      const oldest = Date.now() - KEEP_CLOSED_MS
      while (closed[0] !== undefined && closed[0].at < oldest) {
        const sessionId = closed.shift()?.sessionId ?? 0
        // It may be active again when the database was set back.
        if (sequencer.positions.get(sessionId)?.isClosed !== false) forget(sessionId)
      }
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
