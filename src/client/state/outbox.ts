import { chooseRepeatMs, isRefusedForNow } from '../transport/backoff.js'
import { ChatError, errorOfFrame, wrongInput } from '../transport/chat-error.js'
import { countFrameBytes } from '../transport/frame-size.js'
import type { Settings } from '../transport/options.js'
import { createRandomId } from '../transport/random-id.js'
import type { ServerFrames } from '../../protocol/frames.js'
import type { Message, Side } from '../../protocol/wire.js'

export interface MessageInput {
  content?: string
  attachment_url?: string
  attachment_type?: string
  /** 1–64 characters. Default: a random one. The same again is the same message. */
  client_message_id?: string
}

type Draft = MessageInput & { client_message_id: string; session_id?: number }

interface Sending {
  draft: Draft
  answer: Promise<Message>
  /** How often the server has refused it for now. */
  refusals: number
  /** It waits to be sent, to be answered, or to be repeated. */
  isPending: boolean
  resolve(message: Message): void
  reject(error: ChatError): void
  timer?: ReturnType<typeof setTimeout>
}

/** The queue of a store, whose session need not exist yet. */
const ONLY_QUEUE = 0

export interface OutboxDeps {
  side: Side
  settings: Settings
  canSend(): boolean
  /** Bytes of the largest frame that the server takes. */
  frameBytes(): number
  /** `onSent` is called when the frame is sent: until then it is not overdue. */
  send(draft: Draft, onSent: () => void): void
}

/**
 * Messages that are not stored yet. Of each session one is pending at a time, over as many connections as it takes, until
 * the server has answered: so each is stored once, and they are stored in the order in which they were added.
 */
export interface Outbox {
  /** Resolves when the message is stored. The same `client_message_id` again gives the same promise. */
  add(input: MessageInput & { session_id?: number }): Promise<Message>
  /** Sends what waits. */
  flush(): void
  /** A message is stored; it may be one of these. */
  acknowledge(message: Message): void
  /** Returns whether the error was about one of these. */
  refuse(payload: ServerFrames['error']): boolean
  /** The connection is lost, and with it perhaps what was sent. */
  disconnected(): void
  /** Rejects all. */
  end(error: ChatError): void
}

export function createOutbox({ side, settings, canSend, frameBytes, send }: OutboxDeps): Outbox {
  const queues = new Map<number, Sending[]>()

  const fits = (draft: Draft) => countFrameBytes('message', draft) <= frameBytes()
  const all = () => [...queues.values()].flat()
  const find = (id: string | undefined) => all().find(({ draft }) => draft.client_message_id === id)

  function transmit(sending: Sending | undefined): void {
    if (sending === undefined || sending.isPending || !canSend()) return
    // The server may have come back with another limit while the message waited.
    if (!fits(sending.draft)) {
      refuse(sending, tooLarge())
      return
    }
    sending.isPending = true
    send(sending.draft, () => {
      if (find(sending.draft.client_message_id) === sending) repeatAfter(sending, settings.timing.acknowledgeMs)
    })
  }

  function repeatAfter(sending: Sending, pauseMs: number): void {
    clearTimeout(sending.timer)
    sending.timer = setTimeout(() => {
      sending.isPending = false
      transmit(sending)
    }, pauseMs)
  }

  function settle(sending: Sending): void {
    clearTimeout(sending.timer)
    const key = sending.draft.session_id ?? ONLY_QUEUE
    const queue = (queues.get(key) ?? []).filter((other) => other !== sending)
    if (queue.length === 0) queues.delete(key)
    else queues.set(key, queue)
    transmit(queue[0])
  }

  function refuse(sending: Sending, error: ChatError): void {
    sending.reject(error)
    settle(sending)
  }

  /** The message that an error answers. Where it names none, it is the pending one, unless that could be one of several. */
  function findRefused({ type, session_id, client_message_id }: ServerFrames['error']): Sending | undefined {
    if (client_message_id !== undefined) return find(client_message_id)
    if (type !== 'message') return undefined
    const [first, second] = all().filter(
      ({ isPending, draft }) => isPending && (session_id === undefined || draft.session_id === session_id),
    )
    return second === undefined ? first : undefined
  }

  return {
    add(input) {
      const draft = toDraft(input, side)
      if (draft instanceof ChatError) return Promise.reject(draft)
      const pending = find(draft.client_message_id)
      if (pending) return pending.answer
      if (!fits(draft)) return Promise.reject(tooLarge())
      const sending = expectAnswer(draft)
      const key = draft.session_id ?? ONLY_QUEUE
      const queue = [...(queues.get(key) ?? []), sending]
      queues.set(key, queue)
      transmit(queue[0])
      return sending.answer
    },
    flush() {
      for (const [first] of [...queues.values()]) transmit(first)
    },
    acknowledge(message) {
      const sending = message.sender_type === side ? find(message.client_message_id) : undefined
      if (sending === undefined || (sending.draft.session_id ?? message.session_id) !== message.session_id) return
      sending.resolve(message)
      settle(sending)
    },
    refuse(payload) {
      const sending = findRefused(payload)
      if (sending === undefined) return false
      if (isRefusedForNow(payload)) repeatAfter(sending, chooseRepeatMs(settings, payload, sending.refusals++))
      else refuse(sending, errorOfFrame(payload))
      return true
    },
    disconnected() {
      for (const sending of all()) {
        clearTimeout(sending.timer)
        sending.isPending = false
      }
    },
    end(error) {
      const left = all()
      queues.clear()
      for (const sending of left) refuse(sending, error)
    },
  }
}

/** A copy as it goes over the wire, which does not change any more. */
function toDraft(input: MessageInput & { session_id?: number }, side: Side): Draft | ChatError {
  const draft = { ...input, client_message_id: input.client_message_id ?? createRandomId() }
  // The service ignores it, and the answer names the session that the message is in.
  if (side === 'store') delete draft.session_id
  try {
    return JSON.parse(JSON.stringify(draft)) as Draft
  } catch (cause) {
    return wrongInput(cause)
  }
}

function expectAnswer(draft: Draft): Sending {
  let resolve: Sending['resolve'] = () => undefined
  let reject: Sending['reject'] = () => undefined
  const answer = new Promise<Message>((...both) => ([resolve, reject] = both))
  return { draft, answer, refusals: 0, isPending: false, resolve, reject }
}

const tooLarge = () => new ChatError(413, 'The message is larger than the service takes')
