import { createClient } from './client.js'
import type { ConnectOptions } from './transport/options.js'
import type { MessageInput } from './state/outbox.js'
import type { FileMessageInput } from './state/send-file.js'
import type { History, Session, StoreSession } from '../protocol/wire.js'

/** Which page of a session's messages: the newest, those before a message, or those after one. */
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
     * once, after those sent before it. A `file` is uploaded first; other messages do not wait for that.
     */
    send: (input: MessageInput | FileMessageInput) => send(input),
    /** Messages of the active session, or of any of this store's. */
    history: (page: HistoryPage & { session_id?: number } = {}) => http.get<History>('store/messages/', { ...page }),
    /** Marks the admin's messages read, now or when the connection is back. */
    read(): void {
      if (sessionId !== undefined) markRead(sessionId)
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
