import type { Message, MessageStatus, Side, StatusChange } from '../../client/index.js'

export const order: Record<MessageStatus, number> = { sent: 0, delivered: 1, read: 2 }

type Marks = Record<StatusChange['status'], number>

/** The messages that each side has received and read, by session. Receipts may arrive before their messages. */
export function createReceipts() {
  const known = new Map<string, Marks>()
  const keyOf = (sessionId: number, by: Side) => `${sessionId} ${by}`

  return {
    note({ session_id, status, up_to_message_id, by }: StatusChange): void {
      const marks = known.get(keyOf(session_id, by)) ?? { delivered: 0, read: 0 }
      known.set(keyOf(session_id, by), { ...marks, [status]: Math.max(marks[status], up_to_message_id) })
    },
    /** The message with its current status. */
    apply(message: Message): Message {
      const marks = known.get(keyOf(message.session_id, message.sender_type === 'store' ? 'admin' : 'store'))
      if (marks === undefined) return message
      const status = message.id <= marks.read ? 'read' : message.id <= marks.delivered ? 'delivered' : message.status
      return order[message.status] < order[status] ? { ...message, status } : message
    },
    forget(sessionId: number): void {
      for (const by of ['store', 'admin'] as const) known.delete(keyOf(sessionId, by))
    },
  }
}
