import type { SessionChange } from '../database/rows/session-changes.js'
import type { Side } from '../protocol/account.js'

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
export type ChatEvent =
  | DurableEvent
  | { receipt: ReceiptEvent }
  | { typing: TypingEvent }
  | { presence: PresenceEvent }
  /** An admin has read notifications. */
  | { unreadOf: number }
  | { revokedTokenId: number }
