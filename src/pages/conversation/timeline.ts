import { batch, computed, signal, type ReadonlySignal } from '@preact/signals'
import type { ChatError, Message, Reset, StatusChange } from '../../client/index.js'
import type { ChosenFile } from '../files/chosen-files.js'
import { createOutgoing, type OutgoingMessage, type Transport, type UploadedAttachment } from '../files/outgoing.js'
import { translate } from '../languages/translate.js'
import { describeError } from '../shared/describe-error.js'
import { retryLimited } from '../shared/retry-limited.js'
import { createMessageWindow } from './message-window.js'
import { createReceipts, order } from './receipts.js'

/** A message whose storage the service has not confirmed. */
export interface Draft extends OutgoingMessage {
  error?: string
}

/** Messages before the oldest one. */
export interface OlderPage {
  data: readonly Message[]
  /** Whether the session of the oldest message has older ones. */
  has_more: boolean
  /** Whether there are earlier sessions. */
  hasEarlier: boolean
}

/**
 * The messages of a conversation, ordered by id, and the drafts that are being sent. HTTP responses and live events deliver
 * the same message more than once and in any order; its status never goes back. A reset replaces the history, so responses
 * to requests from before it are dropped.
 */
export function createTimeline(transport: Transport) {
  /** All known messages, oldest first. */
  const messages = signal<readonly Message[]>([])
  const drafts = signal<readonly Draft[]>([])
  /** The id of the message that was last written on this page. */
  const written = signal<string>()
  /** Whether the first message of the oldest shown session is loaded. */
  const isWhole = signal(true)
  /** Whether there are sessions before the oldest shown one. */
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

  /** Replaces all messages of a session. */
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
   * Reads a page and merges its messages. Resolves with undefined, without merging, if a reset came meanwhile. `messagesOf`
   * may set further signals: they are rendered together with the messages, because a later change would shift the layout.
   */
  async function read<T>(ask: () => Promise<T>, messagesOf: (answer: T) => readonly Message[]): Promise<T | undefined> {
    const before = resets
    const answer = await retryLimited(ask)
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
        // After a reset only the draft is removed: the message comes with the reset, or as an event.
        (message) => (resets === before ? merge([message]) : show(messages.value, [message])),
        (reason: unknown) => {
          // The user has left the page or signed out. The draft stays in the storage for the next visit.
          if (['closed', 'unauthorized'].includes((reason as ChatError).code)) return
          drafts.value = drafts.value.map((draft) => (draft.id === id ? refuse(draft, reason as ChatError) : draft))
        },
      )
  }

  const messageWindow = createMessageWindow({ messages, isWhole, isLoading, read })

  function write(content: string, chosen?: ChosenFile): void {
    const id = chooseId()
    written.value = id
    if (chosen === undefined) return transmit({ id, content })
    const { name, size, type } = chosen.file
    outgoing.attach(id, chosen)
    transmit({ id, content, file: { name, size, type } })
  }

  /** Whether a draft can be sent. A file that was not uploaded is lost when its page is left. */
  const canSend = ({ id, file, attachment }: Draft) =>
    file === undefined || attachment !== undefined || outgoing.find(id) !== undefined

  return {
    ...messageWindow,
    messages,
    drafts,
    written: written as ReadonlySignal<string | undefined>,
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
    /** Removes a session that no longer exists, or is no longer visible to this account. */
    drop(sessionId: number): void {
      const wasOldest = isOldest(sessionId)
      replace(sessionId, [])
      if (wasOldest) isWhole.value = true
    },
    /** Applies a receipt: a side has received or read all messages up to one. It may arrive before the message. */
    mark(change: StatusChange): void {
      receipts.note(change)
      messages.value = messages.value.map(receipts.apply)
    },
    /** The files of drafts, and their uploads. */
    outgoing,
    canSend,
    /** Sends one message per file. The text goes with the first file. */
    write(content: string, [first, ...others]: readonly ChosenFile[] = []): void {
      messageWindow.leaveGap()
      write(content, first)
      for (const chosen of others) write('', chosen)
    },
    /** Sends a draft again under the same id. The id makes this idempotent: a message is stored once. */
    retry: transmit,
    /** Adds a draft of another page, which may be sending it. */
    showDraft(draft: Draft): void {
      drafts.value = [...drafts.value, draft]
    },
    /** Adds a draft of an earlier page and sends it again. A draft that was refused keeps its error and is not sent. */
    restore(draft: Draft): void {
      if (drafts.value.some(({ id }) => id === draft.id)) return
      const error = draft.error ?? (canSend(draft) ? undefined : translate('files.lost'))
      if (error === undefined) transmit(draft)
      else drafts.value = [...drafts.value, { ...draft, error }]
    },
    /** Aborts the upload of a draft. A draft with a text stays visible as failed, so that the text is not lost. */
    cancel({ id, content }: Draft): void {
      if (content === '') removeDrafts((draft) => draft.id === id)
      else outgoing.abort(id)
    },
    discard({ id }: Draft): void {
      removeDrafts((draft) => draft.id === id)
    },
    /** Reads the page before the oldest message. Calls during a read do nothing. */
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

/** `invalid_input` for an uploaded file means that the service has deleted it: unused files expire. */
function refuse({ attachment, ...draft }: Draft, reason: ChatError): Draft {
  if (attachment !== undefined && reason.code === 'invalid_input') return { ...draft, error: translate('files.lost') }
  const error = reason.code === 'file' ? reason.message : describeError(reason)
  return { ...draft, ...(attachment && { attachment }), error }
}

export const chooseId = () =>
  Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join('-')
