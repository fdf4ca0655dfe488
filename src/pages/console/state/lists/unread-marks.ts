import type { ListedSession, Message, Session } from '../../../../client/index.js'
import type { RowMap } from './row-map.js'
import { countUnread } from './rows.js'

/** The unread counts of the admin's own sessions. A read receipt may arrive before its message. */
export interface UnreadMarks {
  set(sessionId: number, unread: number): void
  /** Counts the unread messages among the newest of a session. */
  count(session: Session, newest: readonly Message[]): void
  /** Whether a listed session may have unread messages, so that its messages must be read and counted. */
  mayHave(session: ListedSession): boolean
  isRead(message: Message): boolean
  note(sessionId: number, upToMessageId: number): void
  forget(sessionId: number): void
}

interface Rules {
  isOwn(session: Session): boolean
  /** Whether the admin looks at the session now. */
  isLookedAt(sessionId: number): boolean
}

export function createUnreadMarks({ rows, change }: RowMap, { isOwn, isLookedAt }: Rules): UnreadMarks {
  const readUpTo = new Map<number, number>()
  const readOf = (sessionId: number) => readUpTo.get(sessionId) ?? 0

  function set(sessionId: number, unread: number): void {
    if ((rows.value.get(sessionId)?.unread ?? unread) !== unread) change(sessionId, (row) => row && { ...row, unread })
  }

  return {
    set,
    count(session, newest) {
      const isCounted = isOwn(session) && !isLookedAt(session.id)
      set(session.id, isCounted ? countUnread(newest, readOf(session.id)) : 0)
    },
    mayHave: (session) =>
      isOwn(session) &&
      session.last_message?.sender_type === 'store' &&
      session.last_message.status !== 'read' &&
      !isLookedAt(session.id),
    isRead: ({ session_id, id }) => isLookedAt(session_id) || id <= readOf(session_id),
    note: (sessionId, upToMessageId) => void readUpTo.set(sessionId, Math.max(readOf(sessionId), upToMessageId)),
    forget: (sessionId) => void readUpTo.delete(sessionId),
  }
}
