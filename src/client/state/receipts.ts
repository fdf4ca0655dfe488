import { repeatWhileRefused } from '../transport/backoff.js'
import type { Http } from '../transport/http.js'
import type { Settings } from '../transport/options.js'
import type { History, Message, Reset, Side, StatusChange } from '../../protocol/wire.js'

interface Watermarks {
  newestOwn: number
  delivered: number
  read: number
}

/** More of the own messages are seldom unread. */
const PAGE = 50

/** How far the other side has received and read each session. */
export interface Receipts {
  noteMessage(message: Message): void
  receive(change: StatusChange): void
  /** The server sends receipts live only: after a reconnect, the newest messages show what was missed. */
  refresh(sessionId: number): Promise<void>
  /** Replaces what was known of a session. */
  restart(reset: Reset): void
  forget(sessionId: number): void
}

export function createReceipts(
  { http, settings, side }: { http: Http; settings: Settings; side: Side },
  onChange: (change: StatusChange) => void,
): Receipts {
  const watermarks = new Map<number, Watermarks>()
  const by: Side = side === 'store' ? 'admin' : 'store'

  function watermarksOf(sessionId: number): Watermarks {
    const found = watermarks.get(sessionId) ?? { newestOwn: 0, delivered: 0, read: 0 }
    watermarks.set(sessionId, found)
    return found
  }

  function raise(sessionId: number, status: 'delivered' | 'read', upTo: number): void {
    const known = watermarksOf(sessionId)
    if (upTo <= known[status]) return
    known[status] = upTo
    if (status === 'read') known.delivered = Math.max(known.delivered, upTo)
    onChange({ session_id: sessionId, status, up_to_message_id: upTo, by })
  }

  function readWatermarks(messages: readonly Message[]): Watermarks {
    const own = messages.filter(({ sender_type }) => sender_type === side).reverse()
    return {
      newestOwn: own[0]?.id ?? 0,
      delivered: own.find(({ status }) => status !== 'sent')?.id ?? 0,
      read: own.find(({ status }) => status === 'read')?.id ?? 0,
    }
  }

  return {
    noteMessage({ id, session_id, sender_type }) {
      if (sender_type === side) watermarksOf(session_id).newestOwn = id
    },
    receive: (change) => raise(change.session_id, change.status, change.up_to_message_id),
    async refresh(sessionId) {
      const known = watermarks.get(sessionId)
      const isWanted = () => known !== undefined && watermarks.get(sessionId) === known && known.read < known.newestOwn
      if (!isWanted()) return
      const getNewest = () => http.get<History>(`${side}/messages/`, { session_id: sessionId, limit: PAGE }, 'data')
      // Any other failure is left to the next reconnect.
      const found = await repeatWhileRefused(settings, getNewest, isWanted)
        .then((page) => page && readWatermarks(page.data))
        .catch(() => undefined)
      if (found === undefined || !isWanted()) return
      const { delivered, read } = found
      if (delivered > read) raise(sessionId, 'delivered', delivered)
      raise(sessionId, 'read', read)
    },
    restart: ({ session, messages }) => void watermarks.set(session.id, readWatermarks(messages)),
    forget: (sessionId) => void watermarks.delete(sessionId),
  }
}
