import type { SessionChange } from '../database/rows/session-changes.js'
import type { Side } from '../protocol/account.js'
import type { Message } from '../protocol/schemas/messages.js'
import { storeChannel, adminChannel, ADMINS_CHANNEL, channelOf } from './channels.js'
import type {
  MessageEvent,
  NoteEvent,
  PresenceEvent,
  ReceiptEvent,
  SessionDetailsEvent,
  SessionReadEvent,
  TypingEvent,
} from './events.js'
import { messageFrame, changeFrame } from './event-frames.js'
import type { Publisher } from './publisher.js'

const otherSide = (side: Side): Side => (side === 'store' ? 'admin' : 'store')

/* Events are published after the commit and are not awaited: a publish never delays an answer. */

/** Publishes a committed message to both sides of its session. */
export function publishMessage(publisher: Publisher, event: MessageEvent, message: Message): void {
  const channels = [channelOf('store', event), channelOf('admin', event)]
  publisher.publish(channels, { message: event, frame: messageFrame(event.seq, message) })
}

/** Publishes a committed change to the store and to every admin. */
export function publishChange(
  publisher: Publisher,
  { session, adminId, previousAdminId, ...facts }: SessionChange,
): void {
  const change = { ...facts, holderId: adminId, previousHolderId: previousAdminId, at: Date.parse(session.updated) }
  publisher.publish([storeChannel(change.storeId), ADMINS_CHANNEL], { change, frame: changeFrame(change.seq, session) })
}

/** Publishes a receipt to the side whose messages were delivered or read. */
export function publishReceipt(publisher: Publisher, receipt: ReceiptEvent): void {
  publisher.publish([channelOf(otherSide(receipt.by), receipt)], { receipt })
}

/** Publishes to a reader's own sockets that it has read a session. */
export function publishSessionRead(publisher: Publisher, sessionRead: SessionReadEvent): void {
  const { side, accountId } = sessionRead
  publisher.publish([side === 'store' ? storeChannel(accountId) : adminChannel(accountId)], { sessionRead })
}

export function publishTyping(publisher: Publisher, typing: TypingEvent): void {
  publisher.publish([channelOf(otherSide(typing.by), typing)], { typing })
}

export function publishPresence(publisher: Publisher, presence: PresenceEvent): void {
  publisher.publish([channelOf(otherSide(presence.of), presence)], { presence })
}

/** Publishes the tags and the priority of a session to every admin. */
export function publishSessionDetails(publisher: Publisher, sessionDetails: SessionDetailsEvent): void {
  publisher.publish([ADMINS_CHANNEL], { sessionDetails })
}

/** Publishes a note to the nodes of all admins, which send it to those who may read the session. */
export function publishNote(publisher: Publisher, note: NoteEvent): void {
  publisher.publish([ADMINS_CHANNEL], { note })
}

/** Publishes that the number of unread notifications of an admin has changed. */
export function publishUnread(publisher: Publisher, adminId: number): void {
  publisher.publish([adminChannel(adminId)], { unreadOf: adminId })
}
