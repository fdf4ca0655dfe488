import type { ChatError } from './transport/chat-error.js'
import type { State } from './transport/connection.js'
import type { Note, SessionDetails } from '../protocol/desk.js'
import type {
  Gone,
  Message,
  Presence,
  Reset,
  Session,
  SessionRead,
  StatusChange,
  Typing,
  UnreadCount,
} from '../protocol/wire.js'

/** The events of a client, by name. */
export interface ClientEvents {
  state: State
  /** Each message once, in the order of its session: the other side's, and this account's own wherever they were sent. */
  message: Message
  /** The present state of a session, whenever it has changed. */
  session: Session
  /** Replaces all that is known of a session and its messages; `session` follows. */
  reset: Reset
  /** A session and its messages exist no more, or are not visible to this account. */
  gone: Gone
  /** How far the other side has received or read this side's messages. */
  status: StatusChange
  /** This account has read a session, here or elsewhere. */
  read: SessionRead
  presence: Presence
  typing: Typing
  /** To an admin: the number of unread notifications. */
  notification: UnreadCount
  /** To an admin: a note was written on a session, or deleted. */
  note: Note
  /** To an admin: the tags and the priority of a session have changed. */
  details: SessionDetails & { session_id: number }
  /** What no call's promise reports. */
  error: ChatError
}
