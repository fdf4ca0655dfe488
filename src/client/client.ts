import { ChatError } from './transport/chat-error.js'
import { createEvents } from './state/events.js'
import { createHttp, type Fields } from './transport/http.js'
import { createJournal } from './state/journal.js'
import { openLink, type State } from './transport/link.js'
import { readOptions, type ConnectOptions } from './transport/options.js'
import { createOutbox, type MessageInput } from './state/outbox.js'
import { createFileSender, type FileMessageInput } from './state/send-file.js'
import { createUpload } from './transport/upload.js'
import { createTypingAndPresence } from './state/typing-and-presence.js'
import { createReading } from './state/retried-reads.js'
import { createReceiptBroadcast } from './state/receipts.js'
import type {
  Gone,
  Message,
  Presence,
  Reset,
  ServerFrame,
  Session,
  Side,
  StatusChange,
  Typing,
  UnreadCount,
} from '../protocol/wire.js'

/** What a client tells of. */
export interface ClientEvents {
  state: State
  /** Each message once, in the order of its session: the other side's, and this account's own wherever they were sent. */
  message: Message
  /** How a session stands now, whenever that has changed. */
  session: Session
  /** Replaces all that was told of a session and its messages; `session` follows. */
  reset: Reset
  /** What was told of a session and its messages does not hold any more. */
  gone: Gone
  /** How far the other side has received or read this side's messages. */
  status: StatusChange
  presence: Presence
  typing: Typing
  /** To an admin: how many notifications are unread. */
  notification: UnreadCount
  /** What no call was there to be told. */
  error: ChatError
}

/** What the clients of both sides have in common. */
export function createClient(options: ConnectOptions, side: Side) {
  const settings = readOptions(options)
  const events = createEvents<ClientEvents>()
  const noteRefusal = (error: ChatError) => {
    if (error.status === 401) link.finish('revoked')
  }
  const http = createHttp(settings, noteRefusal)
  const upload = createUpload(settings, noteRefusal)
  const outbox = createOutbox({
    side,
    settings,
    canSend: () => link.isReady(),
    frameBytes: () => link.frameBytes(),
    send: (draft, left) => link.send('message', draft, left),
  })
  const ticks = createReceiptBroadcast({ http, settings, side }, (change) => events.emit('status', change))
  const passing = createTypingAndPresence(events)
  const reading = createReading({ http, settings, isOnline: () => link.isReady() }, (error) =>
    events.emit('error', error),
  )
  const journal = createJournal({
    settings,
    side,
    http,
    link: {
      isReady: () => link.isReady(),
      generation: () => link.generation(),
      frameBytes: () => link.frameBytes(),
      send: (...frame) => link.send(...frame),
    },
    message(message) {
      outbox.acknowledge(message)
      ticks.note(message)
      events.emit('message', message)
    },
    session: (session) => events.emit('session', session),
    reset(reset) {
      for (const message of reset.messages) outbox.acknowledge(message)
      ticks.restart(reset)
      events.emit('reset', reset)
    },
    gone(sessionId) {
      ticks.forget(sessionId)
      events.emit('gone', { session_id: sessionId })
    },
    caughtUp: (sessionId) => void ticks.refresh(sessionId),
  })
  const link = openLink(settings, side, http, {
    ready(payload) {
      journal.ready(payload)
      outbox.flush()
      reading.flush()
    },
    frame: receive,
    lost() {
      journal.lost()
      outbox.lost()
      passing.lost()
    },
    state(state) {
      if (state === 'revoked' || state === 'closed') outbox.end(endOf(state))
      events.emit('state', state)
    },
    error: (error) => events.emit('error', error),
  })

  function receive(frame: ServerFrame): void {
    switch (frame.type) {
      case 'message':
        // Its promise does not wait for what was missed in other connections.
        outbox.acknowledge(frame.payload.message)
        return journal.live(frame)
      case 'session_update':
        return journal.live(frame)
      case 'sync':
        return void journal.sync(frame.payload)
      case 'message_status':
        return ticks.told(frame.payload)
      case 'presence':
        return passing.presence(frame.payload)
      case 'typing':
        return passing.typing(frame.payload)
      case 'new_notification':
        return events.emit('notification', frame.payload)
      case 'error':
        if (outbox.refuse(frame.payload)) return
        journal.refused(frame.payload)
    }
  }

  /** Why nothing is sent any more. */
  function findEnd(): ChatError | undefined {
    const state = link.state()
    return state === 'revoked' || state === 'closed' ? endOf(state) : undefined
  }

  function sendMessage(input: MessageInput & { session_id?: number }): Promise<Message> {
    const end = findEnd()
    return end === undefined ? outbox.add(input) : Promise.reject(end)
  }

  const sendFile = createFileSender({ settings, upload, findEnd, send: sendMessage })

  /** Reads over HTTP what holds sessions, and notes them. */
  async function read<T>(
    path: string,
    query: Fields,
    find: (answer: T) => { session: Session; newest: Message | null | undefined }[],
  ): Promise<T> {
    const generation = link.generation()
    const answer = await http.get<T>(path, query)
    journal.note(find(answer), generation)
    return answer
  }

  return {
    http,
    read,
    link,
    send: (input: (MessageInput | FileMessageInput) & { session_id?: number }): Promise<Message> =>
      'file' in input ? sendFile(input) : sendMessage(input),
    markRead(sessionId: number): void {
      reading.add(sessionId)
    },
    typing(isTyping: boolean, sessionId?: number): void {
      if (link.isReady()) passing.send(isTyping, sessionId, (payload) => link.send('typing', payload))
    },
    shared: {
      /** What the connection is like at the moment. */
      get state(): State {
        return link.state()
      },
      /** Calls a listener from now on; returns what takes it away again. */
      on: events.on,
      /**
       * Uploads a file and resolves with what names it in a message. It is tried once: `send` with a `file` tries again over
       * cuts.
       */
      upload,
      /** Tries to connect at once instead of after the pause, say when the browser is online again. */
      reconnect: link.reconnect,
      /** Ends the connection for good. Messages that were not acknowledged are rejected; they may have been stored. */
      close: () => link.finish('closed'),
    },
  }
}

export type Client = ReturnType<typeof createClient>

const endOf = (state: 'revoked' | 'closed') =>
  state === 'revoked'
    ? new ChatError(401, 'The token is not valid any more')
    : new ChatError(0, 'The client is closed', 'closed')
