/** What admins know of sessions, and what they share: never a part of what a store gets. */
import type { AdminRole, Message, Rating, Session, Store } from './wire.js'

/** What only admins may know of a session. */
export interface SessionDetails {
  /** Sorted, in lower case. */
  tags: string[]
  /** 0 is normal, 3 the most urgent. */
  priority: number
}

export interface SessionForAdmins extends Session, SessionDetails {}

export interface SessionForAdminsWithStore extends SessionForAdmins {
  store: Store
}

/** A session with its 200 newest messages, oldest first. */
export interface AdminSession extends SessionForAdminsWithStore {
  messages: Message[]
  rating: Rating | null
}

export interface ListedSession extends SessionForAdminsWithStore {
  last_message: Message | null
}

/** A session in the list of all. */
export interface RatedSession extends ListedSession {
  rating: Rating | null
}

/** Sessions that are not closed. */
export interface SessionCounts {
  /** Sessions that nobody holds. */
  open: number
  /** Sessions this admin holds. */
  my: number
  /** Sessions of priority 3 that this admin may read. */
  urgent: number
  tags: { tag: string; count: number }[]
  /** Only when `urgent`, or the count of a tag, may be larger than what is given, or a tag is missing. */
  capped?: true
}

/** An admin as its colleagues see it. */
export interface Colleague {
  id: number
  name: string
  role: AdminRole
  online: boolean
  /** How many sessions it holds. */
  held: number
}

/** What admins write to each other about a session. Its store never sees it. */
export interface Note {
  id: number
  session_id: number
  admin_id: number
  admin_name: string
  content: string
  created: string
  /** Only in the event that tells of it; `content` is empty then. */
  deleted?: true
}

/** A prepared answer. */
export interface CannedReply {
  id: number
  /** Whose it is; null when it is shared. */
  admin_id: number | null
  shared: boolean
  /** In lower case. */
  shortcut: string
  content: string
  /** How often this admin has used it. */
  uses: number
  created: string
  updated: string
}

export interface SessionList {
  data: ListedSession[]
  /** Of all pages. */
  count: number
  /** Only when there may be more sessions than `count`. */
  capped?: true
  /** null on the last page. */
  next_cursor: string | null
}
