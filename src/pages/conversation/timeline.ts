import { batch, signal } from '@preact/signals'
import type { Message, MessageInput, MessageStatus, Reset, StatusChange } from '../../client/index.js'
import { describeError } from '../shared/describe-error.js'
import { patiently } from '../shared/patiently.js'

/** A message that is not known to be stored yet. */
export interface Draft {
  id: string
  content: string
  error?: string
}

const order: Record<MessageStatus, number> = { sent: 0, delivered: 1, read: 2 }

/**
 * The messages of a conversation, by id: answers over HTTP and live events bring the same one more than once and in any
 * order, and its status only grows. After them, what is on its way. What was asked for before a reset is of a history that
 * is lost.
 */
export function createTimeline(send: (input: MessageInput) => Promise<Message>) {
  const messages = signal<readonly Message[]>([])
  const drafts = signal<readonly Draft[]>([])
  const hasOlder = signal(false)
  const isLoading = signal(false)
  let resets = 0

  function merge(more: readonly Message[]): void {
    const known = new Map(messages.value.map((message) => [message.id, message]))
    for (const message of more) {
      const before = known.get(message.id)
      known.set(message.id, before && order[before.status] > order[message.status] ? before : message)
    }
    show([...known.values()], more)
  }

  function show(all: readonly Message[], stored: readonly Message[]): void {
    const ids = new Set(stored.map(({ client_message_id }) => client_message_id))
    batch(() => {
      messages.value = [...all].sort((one, other) => one.id - other.id)
      drafts.value = drafts.value.filter(({ id }) => !ids.has(id))
    })
  }

  /** The messages of a session are these and no others. */
  function replace(sessionId: number, all: readonly Message[]): void {
    resets++
    const taken = new Set(all.map(({ id }) => id))
    const others = messages.value.filter(({ id, session_id }) => session_id !== sessionId && !taken.has(id))
    show([...others, ...all], all)
  }

  const isOldest = (sessionId: number) => (messages.value[0]?.session_id ?? sessionId) === sessionId

  /**
   * Reads, and merges what no reset has outdated meanwhile. Returns undefined when one has. What `messagesOf` sets is shown
   * together with the messages: a line that comes or goes later would move what is looked at.
   */
  async function read<T>(ask: () => Promise<T>, messagesOf: (answer: T) => readonly Message[]): Promise<T | undefined> {
    const before = resets
    const answer = await patiently(ask)
    if (resets !== before) return undefined
    merge(messagesOf(answer))
    return answer
  }

  function transmit({ id, content }: Draft): void {
    drafts.value = [...drafts.value.filter((draft) => draft.id !== id), { id, content }]
    const before = resets
    send({ content, client_message_id: id }).then(
      // After a reset the message comes with it, or as an event.
      (message) => (resets === before ? merge([message]) : show(messages.value, [message])),
      (reason: unknown) => {
        const error = describeError(reason)
        drafts.value = drafts.value.map((draft) => (draft.id === id ? { ...draft, error } : draft))
      },
    )
  }

  return {
    messages,
    drafts,
    hasOlder,
    isLoading,
    merge,
    read,
    reset({ session, messages: all, complete }: Reset): void {
      replace(session.id, all)
      if (isOldest(session.id)) hasOlder.value = !complete
    },
    /** The session is not there any more. */
    drop(sessionId: number): void {
      const wasOldest = isOldest(sessionId)
      replace(sessionId, [])
      if (wasOldest) hasOlder.value = false
    },
    /** The other side has received or read what was written to it, up to a message. */
    mark({ session_id, status, up_to_message_id, by }: StatusChange): void {
      messages.value = messages.value.map((message) =>
        message.session_id === session_id &&
        message.sender_type !== by &&
        message.id <= up_to_message_id &&
        order[message.status] < order[status]
          ? { ...message, status }
          : message,
      )
    },
    write: (content: string) => transmit({ id: chooseId(), content }),
    /** Under the same id: if it was stored after all, it is not stored again. */
    retry: transmit,
    discard({ id }: Draft): void {
      drafts.value = drafts.value.filter((draft) => draft.id !== id)
    },
    /** Reads the page before the oldest message, once at a time. */
    async loadOlder(ask: (before: number) => Promise<{ data: Message[]; has_more: boolean }>): Promise<void> {
      const [oldest] = messages.value
      if (!hasOlder.value || isLoading.value || oldest === undefined) return
      isLoading.value = true
      try {
        await read(
          () => ask(oldest.id),
          (page) => {
            hasOlder.value = page.has_more
            return page.data
          },
        )
      } catch {
        // The next scroll tries again.
      } finally {
        isLoading.value = false
      }
    },
  }
}

export type Timeline = ReturnType<typeof createTimeline>

const chooseId = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join('-')
