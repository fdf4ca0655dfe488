import type { ReceiptEvent } from '../../events/events.js'

type Status = ReceiptEvent['status']
interface SessionReceipts {
  delivered: number
  read: number
}

/** At most this often per session: receipts come in crowds, and only the last of them matters. */
const MERGE_MS = 250

/**
 * Merges what is known of how far the other side has received and read each session, and tells it when it has grown.
 * What comes late, twice or out of order tells nothing.
 */
export function createReceiptBroadcast(tell: (sessionId: number, status: Status, upToMessageId: number) => void) {
  const told = new Map<number, SessionReceipts>()
  const grown = new Map<number, SessionReceipts>()
  let timer: NodeJS.Timeout | undefined

  function flush(): void {
    timer = undefined
    for (const [sessionId, marks] of grown) {
      const before = told.get(sessionId) ?? { delivered: 0, read: 0 }
      told.set(sessionId, marks)
      // What is read is delivered; saying so twice would say nothing.
      if (marks.delivered > Math.max(before.delivered, marks.read)) tell(sessionId, 'delivered', marks.delivered)
      if (marks.read > before.read) tell(sessionId, 'read', marks.read)
    }
    grown.clear()
  }

  return {
    /** What is told already, or was known before anybody here could be told. */
    start(sessionId: number, marks: SessionReceipts): void {
      if (!told.has(sessionId)) told.set(sessionId, marks)
    },
    note(sessionId: number, { delivered, read }: Partial<SessionReceipts>): void {
      const known = grown.get(sessionId) ?? told.get(sessionId) ?? { delivered: 0, read: 0 }
      const next = { delivered: Math.max(known.delivered, delivered ?? 0), read: Math.max(known.read, read ?? 0) }
      if (next.delivered === known.delivered && next.read === known.read) return
      grown.set(sessionId, next)
      timer ??= setTimeout(flush, MERGE_MS)
    },
    forget(sessionId: number): void {
      told.delete(sessionId)
      grown.delete(sessionId)
    },
    close(): void {
      clearTimeout(timer)
      told.clear()
      grown.clear()
    },
  }
}

export type ReceiptBroadcast = ReturnType<typeof createReceiptBroadcast>
