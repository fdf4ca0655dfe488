import { repeatWhileRefused } from '../transport/backoff.js'
import type { Http } from '../transport/http.js'
import type { Settings } from '../transport/options.js'
import type { History, Message, Reset, Side, StatusChange } from '../../protocol/wire.js'

interface Marks {
  newestOwn: number
  delivered: number
  read: number
}

/** Fewer of one's own are seldom unread. */
const PAGE = 50

/** How far the other side has received and read each session. */
export interface ReceiptBroadcast {
  note(message: Message): void
  told(change: StatusChange): void
  /** The server tells it live only; after a reconnect a look at the newest messages makes up for what was missed. */
  refresh(sessionId: number): Promise<void>
  /** Begins anew with what a reset tells. */
  restart(reset: Reset): void
  forget(sessionId: number): void
}

export function createReceiptBroadcast(
  { http, settings, side }: { http: Http; settings: Settings; side: Side },
  tell: (change: StatusChange) => void,
): ReceiptBroadcast {
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

  function look(messages: readonly Message[]): Marks {
    const own = messages.filter(({ sender_type }) => sender_type === side)
    return {
      newestOwn: own.at(-1)?.id ?? 0,
      delivered: own.findLast(({ status }) => status !== 'sent')?.id ?? 0,
      read: own.findLast(({ status }) => status === 'read')?.id ?? 0,
    }
  }

  return {
    note({ id, session_id, sender_type }) {
      if (sender_type === side) marksOf(session_id).newestOwn = id
    },
    told: (change) => grow(change.session_id, change.status, change.up_to_message_id),
    async refresh(sessionId) {
      const known = marks.get(sessionId)
      const isWanted = () => known !== undefined && marks.get(sessionId) === known && known.read < known.newestOwn
      if (!isWanted()) return
      const ask = () => http.get<History>(`${side}/messages/`, { session_id: sessionId, limit: PAGE })
      // Any other failure is left to the next reconnect.
      const page = await repeatWhileRefused(settings, ask, isWanted).catch(() => undefined)
      if (page === undefined || !isWanted()) return
      const { delivered, read } = look(page.data)
      if (delivered > read) grow(sessionId, 'delivered', delivered)
      grow(sessionId, 'read', read)
    },
    restart: ({ session, messages }) => void marks.set(session.id, look(messages)),
    forget: (sessionId) => void marks.delete(sessionId),
  }
}
