import type { ComponentChildren } from 'preact'
import type { Message } from '../../client/index.js'

/** An element that is sorted by time among the messages, such as a note. */
export interface Insert {
  key: string
  created: string
  content: ComponentChildren
}

export type LogItem = { message: Message; before: Message | undefined } | { insert: Insert }

/**
 * Merges messages and inserts, oldest first. Inserts before the oldest message are left out unless the conversation is
 * loaded from its start (`isWhole`), and those after the newest unless it is loaded to its end (`isNewest`): the messages
 * next to them are still missing.
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
