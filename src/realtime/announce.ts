import type { Side } from '../accounts/authentication.js'
import type { AccessChange } from '../accounts/credentials.js'
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

/**
 * When a durable event was committed, and the event before it in its session, in milliseconds of the database's clock. It
 * tells histories apart that give the same numbers. Nodes of earlier versions do not tell it.
 */
interface Dated {
  at?: number
  previousAt?: number | undefined
}

/** A committed message, with what its way to the sockets needs. */
export interface MessageEvent extends Parties, Dated {
  seq: number
  senderType: Side
  messageId: number
}

/** A committed change of a session. `holderId` is who holds it after the change. */
export interface ChangeEvent extends Parties, Dated, Pick<SessionChange, 'kind' | 'seq' | 'previousChangeSeq'> {
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

/** A durable event with its frame for the sockets, as text or its UTF-8. */
export type DurableEvent = ({ message: MessageEvent } | { change: ChangeEvent }) & { frame: string | Buffer }

/** What nodes tell each other. Only messages and changes are durable; the rest is true now or not at all. */
export type Announcement =
  | DurableEvent
  | { receipt: ReceiptEvent }
  | { typing: TypingEvent }
  | { presence: PresenceEvent }
  /** An admin has read notifications. */
  | { unreadOf: number }
  | { revokedTokenId: number }
  /** An account's role has changed, or it was switched on or off, or signed out. */
  | { accessChange: AccessChange; revokedTokenIds: number[] }

/** Which channel reaches a side of a session. */
function channelOf(side: Side, { storeId, holderId }: Parties): string {
  if (side === 'store') return storeChannel(storeId)
  return holderId === null ? ADMINS_CHANNEL : adminChannel(holderId)
}

const otherSide = (side: Side): Side => (side === 'store' ? 'admin' : 'store')

/* Announcements follow the commit and are not awaited: they are hints, and never hold up an answer. */

/** Tells both sides of a message. */
export function announceMessage(relay: Relay, event: MessageEvent, message: Message): void {
  const channels = [channelOf('store', event), channelOf('admin', event)]
  relay.publish(channels, { message: event, frame: messageFrame(event.seq, message) })
}

/** Tells the store and every admin of a change. */
export function announceChange(relay: Relay, { session, adminId, previousAdminId, ...facts }: SessionChange): void {
  const change = { ...facts, holderId: adminId, previousHolderId: previousAdminId, at: Date.parse(session.updated) }
  relay.publish([storeChannel(change.storeId), ADMINS_CHANNEL], { change, frame: changeFrame(change.seq, session) })
}

export const messageFrame = (seq: number, message: Message) => frame('message', { message, seq })
export const changeFrame = (seq: number, session: Session) => frame('session_update', { session, seq })

/** Tells the side whose messages were received or read. */
export function announceReceipt(relay: Relay, receipt: ReceiptEvent): void {
  relay.publish([channelOf(otherSide(receipt.by), receipt)], { receipt })
}

export function announceTyping(relay: Relay, typing: TypingEvent): void {
  relay.publish([channelOf(otherSide(typing.by), typing)], { typing })
}

export function announcePresence(relay: Relay, presence: PresenceEvent): void {
  relay.publish([channelOf(otherSide(presence.of), presence)], { presence })
}

/** Tells an admin's sockets that the number of its unread notifications has changed. */
export function announceUnread(relay: Relay, adminId: number): void {
  relay.publish([adminChannel(adminId)], { unreadOf: adminId })
}

export const typingFrame = ({ sessionId, by, senderId, isTyping }: TypingEvent) =>
  frame('typing', { session_id: sessionId, sender_type: by, sender_id: senderId, is_typing: isTyping })

export const presenceFrame = ({ sessionId, of, isOnline }: Pick<PresenceEvent, 'sessionId' | 'of' | 'isOnline'>) =>
  frame('presence', { session_id: sessionId, sender_type: of, online: isOnline })

/** An announcement as it travels: a line of facts for the nodes and, for durable events, the frame for the sockets. */
export function encodeAnnouncement(announcement: Announcement): string {
  if ('message' in announcement) return encodeLines({ message: announcement.message }, announcement.frame)
  if ('change' in announcement) return encodeLines({ change: announcement.change }, announcement.frame)
  return encodeLines(announcement, '')
}

const encodeLines = (facts: object, frame: string | Buffer) => `${JSON.stringify(facts)}\n${frame.toString()}`

const LINE_FEED = 0x0a

/** Reads what `encodeAnnouncement` wrote. The frame stays as it came: it goes on to the sockets. */
export function decodeAnnouncement(payload: Buffer): Announcement {
  const end = payload.indexOf(LINE_FEED)
  const announcement = JSON.parse(payload.toString('utf8', 0, end)) as Announcement
  if ('message' in announcement || 'change' in announcement) announcement.frame = payload.subarray(end + 1)
  return announcement
}
