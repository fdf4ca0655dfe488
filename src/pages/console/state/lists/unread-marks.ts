import type { ListedSession, Message, Session } from '../../../../client/index.js'
import type { RowMap } from './row-map.js'
import { countUnread } from './rows.js'

/** How many messages of the sessions that this admin holds nobody has read. Reading may be told before the message is. */
export interface UnreadMarks {
  set(sessionId: number, unread: number): void
  /** Counts them in the newest messages of a session. */
  count(session: Session, newest: readonly Message[]): void
  /** Whether a session that was listed may have unread messages, and its messages are to be counted. */
  mayHave(session: ListedSession): boolean
  isRead(message: Message): boolean
  note(sessionId: number, upToMessageId: number): void
  forget(sessionId: number): void
}

interface Rules {
  isOwn(session: Session): boolean
  /** Whether somebody looks at the session now. */
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
