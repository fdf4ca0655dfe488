import type { ComponentChildren } from 'preact'
import type { Message } from '../../client/index.js'

/** Something besides the messages that has its place in time among them. */
export interface Insert {
  key: string
  created: string
  content: ComponentChildren
}

export type LogItem = { message: Message; before: Message | undefined } | { insert: Insert }

/**
 * Messages and what stands between them, oldest first. What is older than the oldest message has its place only where that
 * is the first one of all, and what is newer than the newest only where no newer ones are to come.
 */
export function mergeItems(
  messages: readonly Message[],
  inserts: readonly Insert[],
  { isWhole, isNewest }: { isWhole: boolean; isNewest: boolean },
): LogItem[] {
  const items: LogItem[] = []
  const waiting = [...inserts].sort((one, other) => one.created.localeCompare(other.created))
  const [oldest] = messages
  if (!isWhole && oldest) while (waiting[0] && waiting[0].created < oldest.created) waiting.shift()
  for (const [place, message] of messages.entries()) {
    for (let next = waiting[0]; next && next.created < message.created; next = waiting[0]) {
      items.push({ insert: next })
      waiting.shift()
    }
    items.push({ message, before: messages[place - 1] })
  }
  if (isNewest) items.push(...waiting.map((insert) => ({ insert })))
  return items
}
