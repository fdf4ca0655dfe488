/*
 * The types of the wire, as plain interfaces, so that users of the client library need not install the schema library. A test holds them equal to the server's schemas.
 */

export type Side = 'store' | 'admin'
/** A supervisor may read, release, transfer and close any session. */
export type AdminRole = 'agent' | 'supervisor'
export type SessionStatus = 'open' | 'claimed' | 'closed'
export type MessageStatus = 'sent' | 'delivered' | 'read'

export interface Store {
  id: number
  name: string
  logo_url: string
  email: string
}

export interface Session {
  id: number
  store_id: number
  /** Who holds the session. */
  admin_id: number | null
  status: SessionStatus
  last_message_at: string
  created: string
  updated: string
  /** Only when closed. */
  closed_at?: string
}

export interface Message {
  id: number
  session_id: number
  sender_type: Side
  sender_id: number
  content: string
  /** Empty when there is none. */
  attachment_url: string
  /** MIME type such as `image/jpeg`, a mere `image` in messages of earlier versions; empty without an attachment. */
  attachment_type: string
  status: MessageStatus
  created: string
  /** Only when the sender gave one. */
  client_message_id?: string
}

export interface Notification {
  id: number
  admin_id: number
  message_id: number
  session_id: number
  store_id: number
  store_name: string
  store_logo: string
  /** The first 140 characters. */
  content: string
  is_read: boolean
  created_at: string
}

/** A session with its 200 newest messages, oldest first. */
export interface StoreSession extends Session {
  /** Present once an admin has claimed the session. */
  store?: Store
  messages: Message[]
}

export interface SessionWithStore extends Session {
  store: Store
}

/** A page of a store's sessions, closed ones too. */
export interface SessionHistory<Item> {
  /** Newest first. */
  data: Item[]
  /** null on the last page. */
  next_cursor: string | null
}

/** How a store rates a session that is closed. */
export interface Rating {
  session_id: number
  /** 1–5; 5 is the best. */
  score: number
  /** Empty when there is none. */
  comment: string
  created: string
  updated: string
}

/** One of a store's own sessions. */
export interface OwnSession extends Session {
  last_message: Message | null
  rating: Rating | null
}

export interface History {
  /** Oldest first. */
  data: Message[]
  /** Whether there are more in the direction of paging. */
  has_more: boolean
}

/** Every message up to an id has at least that status. */
export interface StatusChange {
  session_id: number
  status: 'delivered' | 'read'
  up_to_message_id: number
  /** Who has received or read them. */
  by: Side
}

/** This account has read the messages of the other side up to an id, here or elsewhere. */
export interface SessionRead {
  session_id: number
  up_to_message_id: number
}

export interface Presence {
  session_id: number
  sender_type: Side
  online: boolean
}

export interface Typing {
  session_id: number
  sender_type: Side
  sender_id: number
  is_typing: boolean
}

export interface UnreadCount {
  count: number
  /** Only when there may be more than `count`, which is 999 at the most. */
  has_more?: true
}

/**
 * The database was set back: a standby that lagged was promoted, or a backup was restored. This is the current state of the
 * session, and replaces all that was known of it. Its message ids may have been those of other messages before.
 */
export interface Reset {
  session: Session
  /** The newest 200 messages, oldest first. */
  messages: Message[]
  /** Whether these are all messages of the session; older ones come with `history({ before })`. */
  complete: boolean
}

/** A session that does not exist any more, or is no longer visible to this account. */
export interface Gone {
  session_id: number
}

/** What the server accepts from one socket. */
export interface Limits {
  /** Bytes of the largest frame. */
  frame_bytes: number
  /** Frames a second, in the long run. Control frames count. */
  frames_per_second: number
  /** Frames at once. */
  frame_burst: number
}

/** The payload of `resume`. */
export interface ResumeRequest {
  /** The newest seq seen, by session id. */
  sessions: Record<string, number>
  /** The epoch of the connection that the seqs come from. */
  epoch?: string
}
