import { secureCalls } from './calls.js'
import { createClient, type ChatClient } from './client.js'
import type { ConnectOptions } from './transport/options.js'
import type { MessageInput } from './state/outbox.js'
import type { FileMessageInput } from './state/send-file.js'
import type { ListPage } from './admin-client.js'
import type { History, Message, OwnSession, Rating, Session, SessionHistory, StoreSession } from '../protocol/wire.js'

/** A page of a session's messages: the newest, those before a message, or those after one. */
export interface HistoryPage {
  before?: number
  after?: number
  /** 1–200. Default: 50. */
  limit?: number
}

/** A store's connection to its conversation. Its promises reject with a `ChatError`. */
export interface StoreClient extends ChatClient {
  /** Gets the active session with its newest messages; makes it if there is none. */
  session(): Promise<StoreSession>
  /**
   * Sends a message into the active session, which is made if there is none. Waits while there is no connection. Resolves
   * when it is stored, once, after those sent before it. A `file` is uploaded first; other messages do not wait for that.
   */
  send(input: MessageInput | FileMessageInput): Promise<Message>
  /** Messages of the active session, or of any session of this store. */
  history(page?: HistoryPage & { session_id?: number }): Promise<History>
  /** This store's sessions, newest first, closed ones too. */
  sessions(page?: ListPage): Promise<SessionHistory<OwnSession>>
  /**
   * Marks the admin's messages of the active session read, or of any session of this store, now or when the connection is
   * back.
   */
  read(of?: { session_id?: number }): void
  /** Shows the admin that the store types, or has stopped. May be called for every key. */
  typing(isTyping: boolean): void
  /** Closes the active session; the next message begins a new one. */
  closeSession(): Promise<Session>
  /** Rates a closed session, for 14 days after its end. Again replaces the rating. */
  rate(rating: { session_id: number; score: number; comment?: string }): Promise<Rating>
  /** The rating of a session. Rejects with 404 where there is none. */
  rating(of: { session_id: number }): Promise<Rating>
}

/**
 * Connects a store to its conversation.
 * @throws TypeError for options that cannot work @throws ChatError when the WebSocket cannot be made
 */
export function connectStore(options: ConnectOptions): StoreClient {
  const { chat, http, read, send, markRead, typing } = createClient(options, 'store')
  let sessionId: number | undefined
  chat.on('session', ({ id, status }) => {
    if (status !== 'closed') sessionId = id
    else if (sessionId === id) sessionId = undefined
  })
  chat.on('gone', ({ session_id }) => {
    if (sessionId === session_id) sessionId = undefined
  })
  chat.on('message', ({ session_id }) => {
    sessionId ??= session_id
  })

  const calls = secureCalls({
    async session() {
      const session = await read<StoreSession>('store/session/', {}, 'messages', (session) => [
        { session, newest: session.messages[session.messages.length - 1] },
      ])
      sessionId = session.id
      return session
    },
    send: (input: MessageInput | FileMessageInput) => send(input),
    history: (page: HistoryPage & { session_id?: number } = {}) =>
      http.get<History>('store/messages/', { ...page }, 'data'),
    sessions: (page: ListPage = {}) => http.get<SessionHistory<OwnSession>>('store/sessions/', { ...page }, 'data'),
    closeSession: () => http.post<Session>('store/close/'),
    rate: (rating: { session_id: number; score: number; comment?: string }) =>
      http.post<Rating>('store/rating/', { ...rating }),
    rating: ({ session_id }: { session_id: number }) => http.get<Rating>('store/rating/', { session_id }),
  })
  return Object.assign(chat, calls, {
    read({ session_id = sessionId }: { session_id?: number } = {}) {
      if (session_id !== undefined) markRead(session_id)
    },
    typing(isTyping: boolean) {
      if (sessionId !== undefined) typing(isTyping)
    },
  })
}
