import type { Message, MessageStatus, StatusChange } from '../index.js'

const ranks: Record<MessageStatus, number> = { sent: 0, delivered: 1, read: 2 }

/** Adds messages, or replaces those that are known. Oldest first. A status never goes backwards. */
export function mergeMessages(known: readonly Message[], more: readonly Message[]): Message[] {
  const byId = new Map(known.map((message) => [message.id, message]))
  for (const message of more) byId.set(message.id, withStatus(message, byId.get(message.id)?.status ?? 'sent'))
  return [...byId.values()].sort((one, other) => one.id - other.id)
}

/** Raises the status of what the other side has sent. */
export const markMessages = (
  messages: readonly Message[],
  { session_id, status, up_to_message_id, by }: StatusChange,
): Message[] =>
  messages.map((message) =>
    message.session_id === session_id && message.sender_type !== by && message.id <= up_to_message_id
      ? withStatus(message, status)
      : message,
  )

/** Marks the admins' messages read. */
export const markAllRead = (messages: readonly Message[]): Message[] =>
  messages.map((message) => (message.sender_type === 'admin' ? withStatus(message, 'read') : message))

/** A session has these messages and no others. After a reset, their ids may have been those of other messages. */
export function replaceSession(known: readonly Message[], sessionId: number, messages: readonly Message[]): Message[] {
  const ids = new Set(messages.map(({ id }) => id))
  const others = known.filter(({ id, session_id }) => session_id !== sessionId && !ids.has(id))
  return mergeMessages(others, messages)
}

const withStatus = (message: Message, status: MessageStatus): Message =>
  ranks[status] > ranks[message.status] ? { ...message, status } : message
