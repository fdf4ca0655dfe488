import { chooseRepeatMs, isRefusedForNow } from '../transport/backoff.js'
import { ChatError, errorOfFrame } from '../transport/chat-error.js'
import { countFrameBytes } from '../transport/frame-size.js'
import type { Settings } from '../transport/options.js'
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
  /** It waits to leave, to be answered, or to be repeated. */
  isUnderWay: boolean
  resolve(message: Message): void
  reject(error: ChatError): void
  timer?: ReturnType<typeof setTimeout>
}

/** The queue of a store, whose session need not exist yet. */
const ONLY_QUEUE = 0

export interface OutboxRoom {
  side: Side
  settings: Settings
  canSend(): boolean
  /** Bytes of the largest frame that the server takes. */
  frameBytes(): number
  /** `left` is called when the frame is on its way: until then it is not overdue. */
  send(draft: Draft, left: () => void): void
}

/**
 * Messages on their way. Of each session one is under way at a time, and again over as many connections as it takes, until
 * the server has answered: so each is stored once, and they are stored in the order in which they were given.
 */
export function createOutbox({ side, settings, canSend, frameBytes, send }: OutboxRoom) {
  const queues = new Map<number, Sending[]>()

  const fits = (draft: Draft) => countFrameBytes('message', draft) <= frameBytes()
  const all = () => [...queues.values()].flat()
  const find = (id: string | undefined) => all().find(({ draft }) => draft.client_message_id === id)

  function transmit(sending: Sending | undefined): void {
    if (sending === undefined || sending.isUnderWay || !canSend()) return
    // The server may have come back with another limit while the message waited.
    if (!fits(sending.draft)) {
      refuse(sending, tooLarge())
      return
    }
    sending.isUnderWay = true
    send(sending.draft, () => {
      if (find(sending.draft.client_message_id) === sending) repeatAfter(sending, settings.timing.acknowledgeMs)
    })
  }

  function repeatAfter(sending: Sending, pauseMs: number): void {
    clearTimeout(sending.timer)
    sending.timer = setTimeout(() => {
      sending.isUnderWay = false
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

  return {
    add(input: MessageInput & { session_id?: number }): Promise<Message> {
      const draft = { ...input, client_message_id: input.client_message_id ?? chooseId() }
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
    /** Sends what waits. */
    flush(): void {
      for (const [first] of [...queues.values()]) transmit(first)
    },
    /** A message that is stored: the answer to one of ours, perhaps. */
    acknowledge(message: Message): void {
      const sending = message.sender_type === side ? find(message.client_message_id) : undefined
      if (sending === undefined || (sending.draft.session_id ?? message.session_id) !== message.session_id) return
      sending.resolve(message)
      settle(sending)
    },
    /** Returns whether the error was about one of ours. */
    refuse(payload: { code: string; message: string; client_message_id?: string }): boolean {
      const sending = find(payload.client_message_id)
      if (sending === undefined) return false
      if (isRefusedForNow(payload)) repeatAfter(sending, chooseRepeatMs(settings, payload, sending.refusals++))
      else refuse(sending, errorOfFrame(payload))
      return true
    },
    /** What was under way may have been lost. */
    lost(): void {
      for (const sending of all()) {
        clearTimeout(sending.timer)
        sending.isUnderWay = false
      }
    },
    end(error: ChatError): void {
      const left = all()
      queues.clear()
      for (const sending of left) refuse(sending, error)
    },
  }
}

export type Outbox = ReturnType<typeof createOutbox>

function expectAnswer(draft: Draft): Sending {
  let resolve: Sending['resolve'] = () => undefined
  let reject: Sending['reject'] = () => undefined
  const answer = new Promise<Message>((...both) => ([resolve, reject] = both))
  return { draft, answer, refusals: 0, isUnderWay: false, resolve, reject }
}

const tooLarge = () => new ChatError(413, 'The message is larger than the service takes')

/** `crypto.randomUUID` is not there on pages that came over plain HTTP. */
export function chooseId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
