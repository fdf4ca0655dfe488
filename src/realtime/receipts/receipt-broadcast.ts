import type { Parties, ReceiptEvent } from '../../events/events.js'

type Status = ReceiptEvent['status']
interface SessionReceipts {
  delivered: number
  read: number
}

/** A session is reported at most this often: receipts come in bursts, and only the last of them matters. */
const MERGE_MS = 250

/** Tells one side's sockets how far the other side has received and read each session. */
export interface ReceiptBroadcast {
  /** Sets what the sockets know of a session already. Does nothing for a session that is known. */
  start(sessionId: number, receipts: SessionReceipts): void
  /** Takes a receipt. What comes late, twice or out of order is not sent: a watermark only grows. */
  note(parties: Parties, receipts: Partial<SessionReceipts>): void
  forget(sessionId: number): void
  close(): void
}

/** Merges receipts: of those that come within 250 ms, only the last one of a session is sent. */
export function createReceiptBroadcast(
  send: (parties: Parties, status: Status, upToMessageId: number) => void,
): ReceiptBroadcast {
  const sent = new Map<number, SessionReceipts>()
  const grown = new Map<number, { parties: Parties; receipts: SessionReceipts }>()
  let timer: NodeJS.Timeout | undefined

  function flush(): void {
    timer = undefined
    for (const [sessionId, { parties, receipts }] of grown) {
      const before = sent.get(sessionId) ?? { delivered: 0, read: 0 }
      sent.set(sessionId, receipts)
      // A read message is delivered, too: one frame says both.
      if (receipts.delivered > Math.max(before.delivered, receipts.read)) send(parties, 'delivered', receipts.delivered)
      if (receipts.read > before.read) send(parties, 'read', receipts.read)
    }
    grown.clear()
  }

  return {
    start(sessionId, receipts) {
      if (!sent.has(sessionId)) sent.set(sessionId, receipts)
    },
    note(parties, { delivered, read }) {
      const { sessionId } = parties
      const known = grown.get(sessionId)?.receipts ?? sent.get(sessionId) ?? { delivered: 0, read: 0 }
      const next = { delivered: Math.max(known.delivered, delivered ?? 0), read: Math.max(known.read, read ?? 0) }
      if (next.delivered === known.delivered && next.read === known.read) return
      grown.set(sessionId, { parties, receipts: next })
      timer ??= setTimeout(flush, MERGE_MS)
    },
    forget(sessionId) {
      sent.delete(sessionId)
      grown.delete(sessionId)
    },
    close() {
      clearTimeout(timer)
      sent.clear()
      grown.clear()
    },
  }
}
