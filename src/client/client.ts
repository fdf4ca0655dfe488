import { secureCalls } from './calls.js'
import { ChatError, brokenAnswer } from './transport/chat-error.js'
import { openConnection, type Connection, type State } from './transport/connection.js'
import { createHttp, type Http } from './transport/http.js'
import type { Fields } from './transport/address.js'
import { watchNetwork } from './environment/network-changes.js'
import { readOptions, type ConnectOptions } from './transport/options.js'
import { createTokens } from './transport/tokens.js'
import { createRepeatedUploads } from './uploads/repeat-upload.js'
import { createUpload, type Upload } from './uploads/upload.js'
import { createEvents, type Events } from './state/events.js'
import { createMarkRead } from './state/mark-read.js'
import { checkMessageId } from './state/message-id.js'
import { createOutbox, type MessageInput } from './state/outbox.js'
import { createReceipts } from './state/receipts.js'
import { createFileSender, type FileMessageInput } from './state/send-file.js'
import { createSessionLog, type FetchedSession } from './state/session-log.js'
import { createTypingAndPresence } from './state/typing-and-presence.js'
import type { ClientEvents } from './client-events.js'
import type { ServerFrame, ServerFrames } from '../protocol/frames.js'
import type { Message, Side } from '../protocol/wire.js'

/** What the clients of both sides have in common. */
export interface ChatClient {
  readonly state: State
  /** The account of the token; undefined until the client was online for the first time. */
  readonly account: ServerFrames['ready']['account']
  /** Adds a listener. Returns a function that removes it. */
  on: Events<ClientEvents>['on']
  /** Uploads a file. Resolves with what names it in a message. It is tried once, unless `repeat` is true. */
  readonly upload: Upload
  /**
   * Makes sure of the connection: without one it connects now instead of after the pause, and one that does not answer
   * within `checkMs` is replaced. In browsers the client does so itself when the network is back or the page becomes visible.
   */
  reconnect(): void
  /** Ends the connection for good. Messages that were not acknowledged are rejected; they may have been stored. */
  close(): void
}

/** What the clients of both sides are made of. */
export interface ClientCore {
  chat: ChatClient
  http: Http
  /** Reads sessions over HTTP, and keeps in mind how far they are known by that. */
  read<T>(path: string, query: Fields, part: keyof T & string, find: (answer: T) => FetchedSession[]): Promise<T>
  send(input: (MessageInput | FileMessageInput) & { session_id?: number }): Promise<Message>
  markRead(sessionId: number): void
  typing(isTyping: boolean, sessionId?: number): void
}

/** @throws TypeError for options that cannot work @throws ChatError when the WebSocket cannot be made */
export function createClient(options: ConnectOptions, side: Side): ClientCore {
  const settings = readOptions(options)
  const events = createEvents<ClientEvents>()
  const reportError = (error: ChatError) => events.emit('error', error)
  let ended: ChatError | undefined
  let account: ServerFrames['ready']['account']
  const tokens = createTokens(settings, (error) => {
    ended = error
    // A token that is given as such has no function that could do better: the state says it all.
    if (typeof settings.token === 'function') reportError(error)
    connection.finish('revoked')
  })
  const http = createHttp(settings, tokens)
  const uploadOnce = createUpload(settings, tokens)
  const repeated = createRepeatedUploads({
    settings,
    upload: uploadOnce,
    isOnline: () => connection.isReady(),
    checkConnection: () => connection.check(),
    findEnd,
  })
  const outbox = createOutbox({
    side,
    settings,
    canSend: () => connection.isReady(),
    frameBytes: () => connection.frameBytes(),
    send: (draft, onSent) => connection.send('message', draft, onSent),
  })
  const receipts = createReceipts({ http, settings, side }, (change) => events.emit('status', change))
  const activity = createTypingAndPresence(events)
  const reads = createMarkRead({ http, settings, isOnline: () => connection.isReady() }, reportError)
  const log = createSessionLog(
    {
      settings,
      side,
      http,
      connection: {
        isReady: () => connection.isReady(),
        generation: () => connection.generation(),
        frameBytes: () => connection.frameBytes(),
        send: (...frame) => connection.send(...frame),
      },
    },
    {
      message(message) {
        outbox.acknowledge(message)
        receipts.noteMessage(message)
        events.emit('message', message)
      },
      session: (session) => events.emit('session', session),
      reset(reset) {
        for (const message of reset.messages) outbox.acknowledge(message)
        receipts.restart(reset)
        events.emit('reset', reset)
      },
      gone(sessionId) {
        receipts.forget(sessionId)
        events.emit('gone', { session_id: sessionId })
      },
      caughtUp: (sessionId) => void receipts.refresh(sessionId),
    },
  )
  const connection: Connection = openConnection(
    { settings, side, http, tokens },
    {
      ready(payload) {
        account = payload.account
        log.ready(payload)
        outbox.flush()
        reads.flush()
        repeated.wake()
      },
      frame: receive,
      lost() {
        log.disconnected()
        outbox.disconnected()
        activity.disconnected()
      },
      state(state) {
        if (isOver(state)) {
          stopWatching()
          settings.pauses.end()
          outbox.end(errorOfEnd(state))
        }
        events.emit('state', state)
      },
      error: reportError,
    },
  )
  const stopWatching = watchNetwork(() => connection.check())

  const errorOfEnd = (state: State) =>
    state === 'closed'
      ? new ChatError(0, 'The client is closed', 'closed')
      : (ended ?? new ChatError(401, 'The token is not valid any more'))

  function receive(frame: ServerFrame): void {
    switch (frame.type) {
      case 'message':
        // Its promise does not wait for what other connections missed.
        outbox.acknowledge(frame.payload.message)
        return log.receive(frame)
      case 'session_update':
        return log.receive(frame)
      case 'sync':
        return void log.sync(frame.payload).catch((cause: unknown) => reportError(brokenAnswer(cause)))
      case 'message_status':
        return receipts.receive(frame.payload)
      case 'session_read':
        return events.emit('read', frame.payload)
      case 'presence':
        return activity.presence(frame.payload)
      case 'typing':
        return activity.typing(frame.payload)
      case 'new_notification':
        return events.emit('notification', frame.payload)
      case 'note':
        return events.emit('note', frame.payload.note)
      case 'session_details':
        return events.emit('details', frame.payload)
      case 'error':
        if (!outbox.refuse(frame.payload)) log.refused(frame.payload)
    }
  }

  /** Why nothing is sent any more; undefined while the client is in use. */
  function findEnd(): ChatError | undefined {
    const state = connection.state()
    return isOver(state) ? errorOfEnd(state) : undefined
  }

  function sendMessage(input: MessageInput & { session_id?: number }): Promise<Message> {
    const end = findEnd()
    return end === undefined ? outbox.add(input) : Promise.reject(end)
  }

  const sendFile = createFileSender({ upload: repeated.upload, send: sendMessage })

  return {
    http,
    async read(path, query, part, find) {
      const generation = connection.generation()
      const answer = await http.get(path, query, part)
      log.noteFetched(find(answer), generation)
      return answer
    },
    send(input) {
      const refusal = checkMessageId(input.client_message_id)
      if (refusal) return Promise.reject(refusal)
      return 'file' in input ? sendFile(input) : sendMessage(input)
    },
    markRead: reads.add,
    typing(isTyping, sessionId) {
      if (!connection.isReady()) return
      activity.sendTyping(isTyping, sessionId, (payload) => connection.send('typing', payload))
    },
    chat: {
      get state() {
        return connection.state()
      },
      get account() {
        return account
      },
      on: events.on,
      ...secureCalls<Pick<ChatClient, 'upload'>>({
        upload: (file, options = {}) => (options.repeat === true ? repeated.upload : uploadOnce)(file, options),
      }),
      reconnect: connection.check,
      close: () => connection.finish('closed'),
    },
  }
}

const isOver = (state: State) => state === 'revoked' || state === 'closed'
