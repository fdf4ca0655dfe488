import type { Side } from '../accounts/authentication.js'
import type { Message } from '../messages/message.js'
import type { SessionChange } from '../sessions/session-change.js'
import type { Session } from '../sessions/session.js'
import { frame } from './frames.js'
import type { Relay } from './relay.js'

export const storeChannel = (storeId: number) => `store:${storeId}`
export const adminChannel = (adminId: number) => `admin:${adminId}`
export const ADMINS_CHANNEL = 'admins'

/** Who has to do with a session: its store, and its holder or, while there is none, every admin. */
export interface Parties {
  sessionId: number
  storeId: number
  holderId: number | null
}

/** A committed message, with what its way to the sockets needs. */
export interface MessageEvent extends Parties {
  seq: number
  senderType: Side
  messageId: number
}

/** A committed change of a session. `holderId` is who holds it after the change. */
export interface ChangeEvent extends Parties, Pick<SessionChange, 'kind' | 'seq' | 'previousChangeSeq'> {
  previousHolderId: number | null
}

/** One side has received or read the other's messages up to one. */
export interface ReceiptEvent extends Parties {
  status: 'delivered' | 'read'
  upToMessageId: number
  by: Side
}

export interface TypingEvent extends Parties {
  by: Side
  senderId: number
  isTyping: boolean
}

export interface PresenceEvent extends Parties {
  of: Side
  isOnline: boolean
}

/** What nodes tell each other. Only messages and changes are durable; the rest is true now or not at all. */
export type Announcement =
  | { message: MessageEvent; frame: string }
  | { change: ChangeEvent; frame: string }
  | { receipt: ReceiptEvent }
  | { typing: TypingEvent }
  | { presence: PresenceEvent }
  /** An admin has read notifications. */
  | { unreadOf: number }

/** Which channel reaches a side of a session. */
function channelOf(side: Side, { storeId, holderId }: Parties): string {
  if (side === 'store') return storeChannel(storeId)
  return holderId === null ? ADMINS_CHANNEL : adminChannel(holderId)
}

const otherSide = (side: Side): Side => (side === 'store' ? 'admin' : 'store')

/*
 * Announcements follow the commit and are not awaited: they are hints, and never hold up an answer. A payload is a line
 * of facts for the nodes and, for durable events, the frame for the sockets, encoded once.
 */

/** Tells both sides of a message. */
export function announceMessage(relay: Relay, event: MessageEvent, message: Message): void {
  const channels = [channelOf('store', event), channelOf('admin', event)]
  publish(relay, channels, { message: event }, messageFrame(event.seq, message))
}

/** Tells the store and every admin of a change. */
export function announceChange(relay: Relay, { session, adminId, previousAdminId, ...facts }: SessionChange): void {
  const change = { ...facts, holderId: adminId, previousHolderId: previousAdminId }
  publish(relay, [storeChannel(change.storeId), ADMINS_CHANNEL], { change }, changeFrame(change.seq, session))
}

export const messageFrame = (seq: number, message: Message) => frame('message', { message, seq })
export const changeFrame = (seq: number, session: Session) => frame('session_update', { session, seq })

/** Tells the side whose messages were received or read. */
export function announceReceipt(relay: Relay, receipt: ReceiptEvent): void {
  publish(relay, [channelOf(otherSide(receipt.by), receipt)], { receipt })
}

export function announceTyping(relay: Relay, typing: TypingEvent): void {
  publish(relay, [channelOf(otherSide(typing.by), typing)], { typing })
}

export function announcePresence(relay: Relay, presence: PresenceEvent): void {
  publish(relay, [channelOf(otherSide(presence.of), presence)], { presence })
}

/** Tells an admin's sockets that the number of its unread notifications has changed. */
export function announceUnread(relay: Relay, adminId: number): void {
  publish(relay, [adminChannel(adminId)], { unreadOf: adminId })
}

export const typingFrame = ({ sessionId, by, senderId, isTyping }: TypingEvent) =>
  frame('typing', { session_id: sessionId, sender_type: by, sender_id: senderId, is_typing: isTyping })

export const presenceFrame = ({ sessionId, of, isOnline }: Pick<PresenceEvent, 'sessionId' | 'of' | 'isOnline'>) =>
  frame('presence', { session_id: sessionId, sender_type: of, online: isOnline })

function publish(relay: Relay, channels: string[], facts: object, frameText = ''): void {
  relay.publish(channels, `${JSON.stringify(facts)}\n${frameText}`)
}

/** Reads what `publish` wrote. */
export function readAnnouncement(payload: string): Announcement {
  const end = payload.indexOf('\n')
  return { ...(JSON.parse(payload.slice(0, end)) as object), frame: payload.slice(end + 1) } as Announcement
}
