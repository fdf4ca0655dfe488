import { batch, computed, signal } from '@preact/signals'
import type { ChatError, Message, Reset, StatusChange } from '../../client/index.js'
import type { ChosenFile } from '../files/chosen-files.js'
import { createOutgoing, type OutgoingMessage, type Transport, type UploadedAttachment } from '../files/outgoing.js'
import { translate } from '../languages/translate.js'
import { describeError } from '../shared/describe-error.js'
import { patiently } from '../shared/patiently.js'
import { createMessageWindow } from './message-window.js'
import { createReceipts, order } from './receipts.js'

/** A message that is not known to be stored yet. */
export interface Draft extends OutgoingMessage {
  error?: string
}

/** Messages before the oldest one. */
export interface OlderPage {
  data: readonly Message[]
  /** Whether there are older ones in the session of the oldest of these. */
  has_more: boolean
  /** Whether there are earlier sessions. */
  hasEarlier: boolean
}

/**
 * The messages of a conversation, by id: answers over HTTP and live events bring the same one more than once and in any
 * order, and its status only grows. After them, what is on its way. What was asked for before a reset is of a history that
 * is lost.
 */
export function createTimeline(transport: Transport) {
  /** All that are known. */
  const messages = signal<readonly Message[]>([])
  const drafts = signal<readonly Draft[]>([])
  /** Whether the oldest session that is shown is shown from its beginning. */
  const isWhole = signal(true)
  /** Whether there are sessions before it. */
  const hasEarlier = signal(false)
  const hasOlder = computed(() => !isWhole.value || hasEarlier.value)
  const isLoading = signal(false)
  const receipts = createReceipts()
  const outgoing = createOutgoing(transport)
  let resets = 0

  function merge(more: readonly Message[]): void {
    const known = new Map(messages.value.map((message) => [message.id, message]))
    for (const message of more) {
      const before = known.get(message.id)
      const newer = before && order[before.status] > order[message.status] ? before : message
      known.set(message.id, receipts.apply(newer))
    }
    show([...known.values()], more)
  }

  function show(all: readonly Message[], stored: readonly Message[]): void {
    const ids = new Set(stored.map(({ client_message_id }) => client_message_id))
    batch(() => {
      messages.value = [...all].sort((one, other) => one.id - other.id)
      removeDrafts(({ id }) => ids.has(id))
    })
  }

  function removeDrafts(isOver: (draft: Draft) => boolean): void {
    for (const { id } of drafts.value.filter(isOver)) outgoing.forget(id)
    drafts.value = drafts.value.filter((draft) => !isOver(draft))
  }

  function noteUploaded(id: string, attachment: UploadedAttachment): void {
    drafts.value = drafts.value.map((draft) => (draft.id === id ? { ...draft, attachment } : draft))
  }

  /** The messages of a session are these and no others. */
  function replace(sessionId: number, all: readonly Message[]): void {
    resets++
    receipts.forget(sessionId)
    messageWindow.forget()
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

  function transmit({ id, content, file, attachment }: Draft): void {
    const draft = { id, content, ...(file && { file }), ...(attachment && { attachment }) }
    drafts.value = [...drafts.value.filter((other) => other.id !== id), draft]
    const before = resets
    outgoing
      .send(draft, (attachment) => noteUploaded(id, attachment))
      .then(
        // After a reset the message comes with it, or as an event.
        (message) => (resets === before ? merge([message]) : show(messages.value, [message])),
        (reason: unknown) => {
          // The page is left, or signs out: it waits for the next time.
          if (['closed', 'unauthorized'].includes((reason as ChatError).code)) return
          drafts.value = drafts.value.map((draft) => (draft.id === id ? refuse(draft, reason as ChatError) : draft))
        },
      )
  }

  const messageWindow = createMessageWindow({ messages, isWhole, isLoading, read })

  function write(content: string, chosen?: ChosenFile): void {
    const id = chooseId()
    if (chosen === undefined) return transmit({ id, content })
    const { name, size, type } = chosen.file
    outgoing.attach(id, chosen)
    transmit({ id, content, file: { name, size, type } })
  }

  /** Whether all that a draft consists of is still here. A file is lost with the page that had it. */
  const canSend = ({ id, file, attachment }: Draft) =>
    file === undefined || attachment !== undefined || outgoing.find(id) !== undefined

  return {
    ...messageWindow,
    messages,
    drafts,
    isWhole,
    hasEarlier,
    hasOlder,
    isLoading,
    merge,
    read,
    reset({ session, messages: all, complete }: Reset): void {
      replace(session.id, all)
      if (isOldest(session.id)) isWhole.value = complete
    },
    /** The session is not there any more. */
    drop(sessionId: number): void {
      const wasOldest = isOldest(sessionId)
      replace(sessionId, [])
      if (wasOldest) isWhole.value = true
    },
    /** A side has received or read what was written to it, up to a message. It may be told before the message is. */
    mark(change: StatusChange): void {
      receipts.note(change)
      messages.value = messages.value.map(receipts.apply)
    },
    /** The files of drafts, while they are on their way. */
    outgoing,
    canSend,
    /** Each file is a message of its own. The text goes with the first. */
    write(content: string, [first, ...others]: readonly ChosenFile[] = []): void {
      messageWindow.leaveGap()
      write(content, first)
      for (const chosen of others) write('', chosen)
    },
    /** Under the same id: if it was stored after all, it is not stored again. */
    retry: transmit,
    /** What was sent by an earlier page: under the same id, it is stored once. What was refused stays refused. */
    restore(draft: Draft): void {
      if (drafts.value.some(({ id }) => id === draft.id)) return
      const error = draft.error ?? (canSend(draft) ? undefined : translate('files.lost'))
      if (error === undefined) transmit(draft)
      else drafts.value = [...drafts.value, { ...draft, error }]
    },
    /** Ends the upload of a draft. It stays to be seen where its text would be lost. */
    cancel({ id, content }: Draft): void {
      if (content === '') removeDrafts((draft) => draft.id === id)
      else outgoing.abort(id)
    },
    discard({ id }: Draft): void {
      removeDrafts((draft) => draft.id === id)
    },
    /** Reads the page before the oldest message, once at a time. */
    async loadOlder(ask: (oldest: Message | undefined, isWhole: boolean) => Promise<OlderPage>): Promise<void> {
      const [oldest] = messages.value
      if (!hasOlder.value || isLoading.value) return
      isLoading.value = true
      try {
        await read(
          () => ask(oldest, isWhole.value),
          (page) => {
            isWhole.value = !page.has_more
            hasEarlier.value = page.hasEarlier
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

/** A file that waited for longer than the service keeps it is gone. */
function refuse({ attachment, ...draft }: Draft, reason: ChatError): Draft {
  if (attachment !== undefined && reason.code === 'invalid_input') return { ...draft, error: translate('files.lost') }
  const error = reason.code === 'file' ? reason.message : describeError(reason)
  return { ...draft, ...(attachment && { attachment }), error }
}

export const chooseId = () =>
  Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join('-')
