import { signal, type ReadonlySignal } from '@preact/signals'
import type { Message } from '../../../client/index.js'

/** Where the messages of a store begin that came while nobody looked at their conversation here. */
export interface NewLine {
  /** The first of them. */
  before: ReadonlySignal<Message | undefined>
  /** Takes the newest messages, oldest first, when the conversation is opened: what nobody has read is new. */
  open(newest: readonly Message[]): void
  /** Takes a message that came while nobody looked. */
  note(message: Message): void
  /** What there was has been looked at. */
  clear(): void
}

export function createNewLine(): NewLine {
  const before = signal<Message>()
  return {
    before,
    open(newest) {
      const place = newest.findIndex(({ sender_type, status }) => sender_type === 'store' && status !== 'read')
      // Where all of it is new, a line says nothing.
      if (place > 0) before.value ??= newest[place]
    },
    note(message) {
      if (message.sender_type === 'store') before.value ??= message
    },
    clear: () => void (before.value = undefined),
  }
}
