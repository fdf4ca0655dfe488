import type { SessionChange } from '../database/rows/session-changes.js'
import type { Side, AdminRole } from '../protocol/account.js'
import type { Note, SessionDetails } from '../protocol/schemas/desk.js'

/** The parties of a session: its store, and its holder or, while there is none, every admin. */
export interface Parties {
  sessionId: number
  storeId: number
  holderId: number | null
}

/**
 * When a durable event and the event before it in its session were committed, in milliseconds of the database's clock. The
 * times distinguish events of different histories with the same seq. Nodes of earlier versions do not send them.
 */
interface Dated {
  at?: number
  previousAt?: number | undefined
}

/** A committed message, with what its delivery needs. */
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

/** An account has read a session. Its other sockets are told. */
export interface SessionReadEvent {
  side: Side
  accountId: number
  sessionId: number
  upToMessageId: number
  /** The `Connection.name` of the socket that it read by; undefined when it read over HTTP. */
  readBy?: string | undefined
}

/** Tags or priority of a session were changed. Every admin is told, and nobody else. */
export interface SessionDetailsEvent extends SessionDetails {
  sessionId: number
  /** In milliseconds of the database's clock; later with each change, so that of two events the newer one is known. */
  changedAt: number
}

/** A note was written or deleted. Only admins who may read its session are told, and its author. */
export interface NoteEvent {
  note: Note
  /** Who holds the session, or held it last; null: every admin may read it. */
  holderId: number | null
}

/** A change of an account's access by the platform. Times are in ms since the epoch, of the database's clock. */
export interface AccessChange {
  side: Side
  id: number
  isActive: boolean
  /** null for a store. */
  role: AdminRole | null
  /** Credentials that were issued before are not valid; null: the account was never signed out. */
  signedOutAt: number | null
  /** Of two changes of an account the later one counts. */
  changedAt: number
}

/** A durable event with its frame for the sockets, as text or its UTF-8. */
export type DurableEvent = ({ message: MessageEvent } | { change: ChangeEvent }) & {
  frame: string | Buffer
  /** The `traceparent` of the span that published the event; undefined without tracing. Other nodes may ignore it. */
  trace?: string
}

/** What nodes publish to each other. Only messages and changes are durable; the others matter now or not at all. */
export type ChatEvent =
  | DurableEvent
  | { receipt: ReceiptEvent }
  | { typing: TypingEvent }
  | { presence: PresenceEvent }
  | { sessionRead: SessionReadEvent }
  | { sessionDetails: SessionDetailsEvent }
  | { note: NoteEvent }
  /** An admin has read notifications. */
  | { unreadOf: number }
  | { revokedTokenId: number }
  /** An account's access has changed. Nodes of earlier versions look up the tokens that were revoked by that. */
  | { accessChange: AccessChange; revokedTokenIds: number[] }
