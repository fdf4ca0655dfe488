import { createClient } from './client.js'
import type { ConnectOptions } from './transport/options.js'
import type { MessageInput } from './state/outbox.js'
import type { ListPage } from './admin-client.js'
import type { History, OwnSession, Session, SessionHistory, StoreSession } from '../protocol/wire.js'

/** A page of a session's messages: the newest ones, those before a message, or those after one. */
export interface HistoryPage {
  before?: number
  after?: number
  /** 1–200. Default: 50. */
  limit?: number
}

/** Connects a store to its conversation. */
export function connectStore(options: ConnectOptions) {
  const { shared, http, read, send, markRead, typing } = createClient(options, 'store')
  let sessionId: number | undefined
  shared.on('session', ({ id, status }) => {
    if (status !== 'closed') sessionId = id
    else if (sessionId === id) sessionId = undefined
  })
  shared.on('gone', ({ session_id }) => {
    if (sessionId === session_id) sessionId = undefined
  })
  shared.on('message', ({ session_id }) => {
    sessionId ??= session_id
  })

  return Object.assign(shared, {
    /** Gets the active session with its newest messages; makes it if there is none. */
    async session(): Promise<StoreSession> {
      const session = await read<StoreSession>('store/session/', {}, (session) => [
        { session, newest: session.messages.at(-1) },
      ])
      sessionId = session.id
      return session
    },
    /**
     * Sends a message into the active session, which is made if there is none. Waits while away. Resolves when it is stored,
     * once, after those sent before it.
     */
    send: (input: MessageInput) => send(input),
    /** Messages of the active session, or of any of this store's. */
    history: (page: HistoryPage & { session_id?: number } = {}) => http.get<History>('store/messages/', { ...page }),
    /** This store's sessions, newest first, closed ones too. */
    sessions: (page: ListPage = {}) => http.get<SessionHistory<OwnSession>>('store/sessions/', { ...page }),
    /**
     * Marks the admin's messages of the active session read, or of any of this store's, now or when the connection is
     * back.
     */
    read({ session_id = sessionId }: { session_id?: number } = {}): void {
      if (session_id !== undefined) markRead(session_id)
    },
    /** Shows the admin that the store types, or has stopped. May be called for every key. */
    typing(isTyping: boolean): void {
      if (sessionId !== undefined) typing(isTyping)
    },
    /** Closes the active session; the next message begins a new one. */
    closeSession: () => http.post<Session>('store/close/'),
  })
}

export type StoreClient = ReturnType<typeof connectStore>
