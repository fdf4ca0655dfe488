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
import { factsOf, type Position, type Standing } from './sequencer.js'
import { createBackfillingSequencer, subscribeThenRead, closeAsGone, sendReset, type DeliveryDeps } from './delivery.js'
import { encodeTextFrame } from '../connections/text-frame.js'
import { createReceiptBroadcast } from '../receipts/receipt-broadcast.js'
import { createUnreadCounter } from '../receipts/unread-counter.js'
import { encodeFrame } from '../../protocol/encode-frame.js'
import { ADMINS_CHANNEL, adminChannel } from '../../events/channels.js'
import type { ChatEvent, ChangeEvent, DurableEvent } from '../../events/events.js'

/** The one entry of the subscriptions of everyone. */
const EVERYONE = 0
/** An admin who holds and held nothing: no account has this id. */
const NOBODY = 0
/** Stragglers of a closed session are not older than this. */
const CLOSED_IS_KNOWN_MS = 60_000

/**
 * Brings to this node's admin sockets what concerns them: every change of any session, the messages of the open ones, and
 * the messages of those they hold. A node therefore sees the whole of a session only while it is open or its holder is
 * connected here; of the others it sees the changes.
 */
export function createAdminDelivery(deps: DeliveryDeps) {
  const { db, pubsub, onError } = deps
  const holdersHere = new Set<number>()
  const closed: { sessionId: number; at: number }[] = []
  let listeningSince = Date.now()
  let floor: Watermark = { messageId: 0, changeId: 0 }

  /** A session is gone that admins here know of. */
  let isBereft = false

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
      isBereft = true
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

  const connectionsOf = (holderId: number | null) =>
    holderId === null ? everyone.connectionsOf(EVERYONE) : subscriptions.connectionsOf(holderId)

  async function openEveryone(): Promise<() => void> {
    const leave = await subscribeThenRead(pubsub, ADMINS_CHANNEL, receive, async () => {
      listeningSince = await readDatabaseClock(db)
      floor = await readWatermark(db)
      for (const head of await readActivePositions(db)) start(head)
    })
    return () => {
      leave()
      for (const sessionId of sequencer.positions.keys()) forget(sessionId)
    }
  }

  async function openAdmin(adminId: number) {
    const leave = await subscribeThenRead(pubsub, adminChannel(adminId), receive, async () => {
      const heads = await readPositionsOfAdmins(db, [adminId])
      // Before anybody is told as this holder: what came in its absence is not live.
      await Promise.all(heads.map(finishChanges))
      holdersHere.add(adminId)
      for (const head of heads) start(head)
    })
    await deps.presence.enter({ side: 'admin', id: adminId })
    return () => {
      leave()
      holdersHere.delete(adminId)
      unread.forget(adminId)
      return deps.presence.leave({ side: 'admin', id: adminId })
    }
  }

  /** A change that is on its way, or was lost, is still owed to the other admins here. */
  const owesChange = ({ sessionId, changeSeq }: SessionPosition) =>
    (sequencer.positions.get(sessionId)?.last ?? changeSeq) < changeSeq

  async function finishChanges(head: SessionPosition): Promise<void> {
    const position = sequencer.positions.get(head.sessionId)
    if (position && owesChange(head)) await sequencer.fill(position)
  }

  /** A session whose holder is not connected here is seen only as far as its changes go. */
  function toStanding({ storeId, holderId, isClosed, seq, changeSeq, updated }: SessionPosition): Standing {
    const isSeen = holderId === null || holdersHere.has(holderId) || changeSeq === seq
    return { storeId, holderId, isClosed, last: isSeen ? seq : changeSeq, lastAt: isSeen ? updated : undefined }
  }

  /** The session is at an earlier state, in which ids may be given again: its holder is told of it, and what others may see the others. */
  async function onReset({ sessionId, holderId }: Position): Promise<void> {
    const readAs = (id: number) =>
      deps.readSync({ account: { side: 'admin', id }, sessionId, after: null, before: null, epoch: null })
    const [forOthers, forHolder] = await Promise.all([readAs(NOBODY), readAs(holderId ?? NOBODY)])
    if (forOthers === undefined || forHolder === undefined) return
    deps.deliveryReceipts.forget(sessionId)
    receiptBroadcast.forget(sessionId)
    receiptBroadcast.start(sessionId, { delivered: forHolder.deliveredUpTo, read: forHolder.readUpTo })
    const connections = [...everyone.connectionsOf(EVERYONE)]
    const isHolder = ({ account }: Connection) => account.id === holderId
    sendReset(connections.filter(isHolder), sessionId, forHolder)
    sendReset(
      connections.filter((connection) => !isHolder(connection)),
      sessionId,
      forOthers,
    )
    if (forHolder.newestForeignId !== null && connections.some((one) => holderId === null || isHolder(one))) {
      deps.deliveryReceipts.note(sessionId, 'admin', forHolder.newestForeignId)
    }
  }

  function start(head: SessionPosition): void {
    if (owesChange(head)) return
    sequencer.start({ sessionId: head.sessionId, ...toStanding(head) })
    receiptBroadcast.start(head.sessionId, { delivered: head.deliveredTo.store, read: head.readBy.store })
  }

  /** What nobody here could see need not have been delivered. */
  function predecessorOf(event: DurableEvent): number {
    if ('message' in event) return event.message.seq - 1
    const { seq, previousHolderId, previousChangeSeq } = event.change
    return previousHolderId === null || holdersHere.has(previousHolderId) ? seq - 1 : previousChangeSeq
  }

  function receive(event: ChatEvent): void {
    if ('message' in event || 'change' in event) sequencer.accept(event)
    else if ('receipt' in event) {
      const { sessionId, status, upToMessageId } = event.receipt
      receiptBroadcast.note(sessionId, { [status]: upToMessageId })
    } else if ('typing' in event) typingAndPresence.showTyping(event.typing)
    else if ('presence' in event) {
      const { sessionId, isOnline } = event.presence
      typingAndPresence.showPresence(sessionId, isOnline)
    } else if ('unreadOf' in event) unread.recount(event.unreadOf)
  }

  function deliver(event: DurableEvent): void {
    const { sessionId, seq } = factsOf(event)
    const isChange = 'change' in event
    const encoded = encodeTextFrame(event.frame)
    let isTold = false
    for (const connection of connectionsOf(isChange ? null : event.message.holderId)) {
      if (connection.sendLive(sessionId, seq, encoded)) isTold = true
    }
    if (isChange) followAudience(event.change)
    if (isChange && event.change.kind === 'close') closed.push({ sessionId, at: Date.now() })
    if (isChange || event.message.senderType === 'admin') return
    const { messageId, holderId } = event.message
    if (isTold) deps.deliveryReceipts.note(sessionId, 'admin', messageId)
    for (const adminId of holderId === null ? subscriptions.ids() : [holderId])
      if (subscriptions.has(adminId)) unread.add(adminId)
  }

  /** Who sees a session now and did not before is told its store's presence: each admin of a released one, a new holder. */
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
    subscriptions,
    everyone,
    sequencer,
    receiptBroadcast,
    typingAndPresence,
    start,
    listeningSince: () => listeningSince,
    floor: () => floor,
    isAnybodyHere: () => everyone.has(EVERYONE),
    holdersHere,
    /** The sessions that admins here hold, as far as is known here. */
    heldSessions: () =>
      [...sequencer.positions.values()].filter(
        ({ holderId, isClosed }) => !isClosed && holderId !== null && holdersHere.has(holderId),
      ),
    /** The sessions whose store's presence somebody here is shown: those held here, and those told to be online. */
    watchedSessions(): Position[] {
      const online = new Set(typingAndPresence.onlineSessions())
      return [...sequencer.positions.values()].filter(
        ({ sessionId, holderId, isClosed }) =>
          !isClosed && (online.has(sessionId) || (holderId !== null && holdersHere.has(holderId))),
      )
    },
    async enter(connection: Connection, prepare: () => Promise<void> | void): Promise<void> {
      await everyone.enter(EVERYONE, connection, () => subscriptions.enter(connection.account.id, connection, prepare))
    },
    leave(connection: Connection): boolean {
      everyone.leave(EVERYONE, connection)
      return subscriptions.leave(connection.account.id, connection)
    },
    /** Has clients that know of a session that is gone find out by themselves what there is. */
    dismissBereft(): void {
      if (isBereft) closeAsGone(everyone.connectionsOf(EVERYONE))
      isBereft = false
    },
    /** The numbers of unread notifications may have changed without a word. */
    recountUnread(): void {
      for (const adminId of subscriptions.ids()) unread.recount(adminId)
    },
    /** Forgets sessions that were closed long ago. */
    tidy(): void {
      const oldest = Date.now() - CLOSED_IS_KNOWN_MS
      while (closed[0] !== undefined && closed[0].at < oldest) {
        const sessionId = closed.shift()?.sessionId ?? 0
        // It may be active again: the database was at an earlier state.
        if (sequencer.positions.get(sessionId)?.isClosed !== false) forget(sessionId)
      }
    },
    async close(): Promise<void> {
      await subscriptions.close()
      await everyone.close()
      sequencer.clear()
      receiptBroadcast.close()
      typingAndPresence.close()
      unread.close()
    },
  }
}

export type AdminDelivery = ReturnType<typeof createAdminDelivery>
