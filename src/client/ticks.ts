import type { Http } from './http.js'
import type { History, Message, Side, StatusChange } from './wire.js'

interface Marks {
  newestOwn: number
  delivered: number
  read: number
}

/** Fewer of one's own are seldom unread. */
const PAGE = 50

/**
 * How far the other side has received and read each session. The server tells it live only; after a reconnect a look at
 * the newest messages makes up for what was missed.
 */
export function createTicks(http: Http, side: Side, tell: (change: StatusChange) => void) {
  const marks = new Map<number, Marks>()
  const by: Side = side === 'store' ? 'admin' : 'store'

  function marksOf(sessionId: number): Marks {
    const found = marks.get(sessionId) ?? { newestOwn: 0, delivered: 0, read: 0 }
    marks.set(sessionId, found)
    return found
  }

  function grow(sessionId: number, status: 'delivered' | 'read', upTo: number): void {
    const known = marksOf(sessionId)
    if (upTo <= known[status]) return
    known[status] = upTo
    if (status === 'read') known.delivered = Math.max(known.delivered, upTo)
    tell({ session_id: sessionId, status, up_to_message_id: upTo, by })
  }

  return {
    note({ id, session_id, sender_type }: Message): void {
      if (sender_type === side) marksOf(session_id).newestOwn = id
    },
    told: (change: StatusChange) => grow(change.session_id, change.status, change.up_to_message_id),
    async refresh(sessionId: number): Promise<void> {
      const known = marks.get(sessionId)
      if (known === undefined || known.read >= known.newestOwn) return
      const page = await http
        .get<History>(`${side}/messages/`, { session_id: sessionId, limit: PAGE })
        // The next reconnect looks again.
        .catch(() => undefined)
      const own = page?.data.filter(({ sender_type }) => sender_type === side) ?? []
      const read = own.findLast(({ status }) => status === 'read')?.id ?? 0
      const delivered = own.findLast(({ status }) => status !== 'sent')?.id ?? 0
      if (delivered > read) grow(sessionId, 'delivered', delivered)
      grow(sessionId, 'read', read)
    },
  }
}
