import { signal, type ReadonlySignal } from '@preact/signals'
import type { Message } from '../../../client/index.js'

/** The position of the line above the store's messages that arrived while the admin did not look at the conversation. */
export interface NewLine {
  /** The first new message, which the line is shown above; undefined if there is no line. */
  before: ReadonlySignal<Message | undefined>
  /** Takes the newest messages, oldest first, when the conversation is opened. Unread ones are new. */
  open(newest: readonly Message[]): void
  /** Takes a message that arrived while the admin did not look at the conversation. */
  note(message: Message): void
  /** Removes the line after the admin has seen the messages. */
  clear(): void
}

export function createNewLine(): NewLine {
  const before = signal<Message>()
  return {
    before,
    open(newest) {
      const place = newest.findIndex(({ sender_type, status }) => sender_type === 'store' && status !== 'read')
      // If all messages are new, there is nothing to separate.
      if (place > 0) before.value ??= newest[place]
    },
    note(message) {
      if (message.sender_type === 'store') before.value ??= message
    },
    clear: () => void (before.value = undefined),
  }
}
