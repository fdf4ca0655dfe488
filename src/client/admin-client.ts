import { secureCalls } from './calls.js'
import { createClient, type ChatClient } from './client.js'
import { createDeskCalls, type DeskCalls } from './desk-calls.js'
import type { ConnectOptions } from './transport/options.js'
import type { MessageInput } from './state/outbox.js'
import type { FileMessageInput } from './state/send-file.js'
import type { HistoryPage } from './store-client.js'
import type { AdminSession, ListedSession, RatedSession } from '../protocol/desk.js'
import type { SessionList } from '../protocol/desk.js'
import type {
  History,
  Message,
  Notification,
  Session,
  SessionHistory,
  SessionStatus,
  SessionWithStore,
} from '../protocol/wire.js'

export interface ListPage {
  /** 1–200. Default: 50. */
  limit?: number
  /** `next_cursor` of the page before. */
  cursor?: string
}

/** Which of the sessions that an admin may read. Moments are ISO timestamps. */
export interface SessionFilter {
  status?: SessionStatus
  store_id?: number
  /** Who holds it, or held it at its end. */
  admin_id?: number
  tag?: string
  /** Created at that moment or later. */
  from?: string
  /** Created before that moment. */
  to?: string
}

/** An admin's connection to the sessions of the stores. Its promises reject with a `ChatError`. */
export interface AdminClient extends ChatClient, DeskCalls {
  /** The sessions that nobody holds: urgent ones first, then the longest waiting. */
  openSessions(page?: ListPage & { tag?: string }): Promise<SessionList>
  /** The sessions this admin holds, newest message first. */
  mySessions(page?: ListPage & { tag?: string }): Promise<SessionList>
  /** The sessions that this admin may read, newest first, closed ones too. */
  sessions(page: ListPage & SessionFilter): Promise<SessionHistory<RatedSession>>
  /** An open session or one of this admin's, with its newest messages. */
  session(sessionId: number): Promise<AdminSession>
  /**
   * Sends a message into a session this admin holds. Waits while there is no connection. Resolves when it is stored, once,
   * after those sent to that session before it. A `file` is uploaded first; other messages do not wait for that.
   */
  send(input: (MessageInput | FileMessageInput) & { session_id: number }): Promise<Message>
  history(page: HistoryPage & { session_id: number }): Promise<History>
  /** Marks the store's messages of a session read, now or when the connection is back. */
  read(of: { session_id: number }): void
  /** Shows the store that the admin types, or has stopped. May be called for every key. */
  typing(isTyping: boolean, to: { session_id: number }): void
  /** Takes an open session. Of many admins one wins, the others get a 409. */
  claim(sessionId: number): Promise<SessionWithStore>
  /** Releases a session: it is open again. */
  release(sessionId: number): Promise<Session>
  /** Hands a session over to another admin, with a reason that becomes a note. */
  transfer(sessionId: number, adminId: number, note?: string): Promise<Session>
  closeSession(sessionId: number): Promise<Session>
  /** Newest first; `before` is the last id of the page before. */
  notifications(page?: { limit?: number; before?: number }): Promise<Notification[]>
  countNotifications(): Promise<number>
  readNotification(id: number): Promise<void>
  readAllNotifications(): Promise<void>
}

const findListed = ({ data }: Pick<SessionList, 'data'>) =>
  data.map((session: ListedSession) => ({ session, newest: session.last_message }))

/**
 * Connects an admin to the sessions of the stores.
 * @throws TypeError for options that cannot work @throws ChatError when the WebSocket cannot be made
 */
export function connectAdmin(options: ConnectOptions): AdminClient {
  const { chat, http, read, send, markRead, typing } = createClient(options, 'admin')
  const change = <T>(path: string, session_id: number, more = {}) =>
    http.post<T>(`admin/${path}/`, { session_id, ...more })

  const calls = secureCalls({
    ...createDeskCalls(http),
    openSessions: (page: ListPage & { tag?: string } = {}) =>
      read<SessionList>('admin/sessions/open/', { ...page }, 'data', findListed),
    mySessions: (page: ListPage & { tag?: string } = {}) =>
      read<SessionList>('admin/sessions/my/', { ...page }, 'data', findListed),
    sessions: (page: ListPage & SessionFilter) =>
      read<SessionHistory<RatedSession>>('admin/sessions/', { ...page }, 'data', findListed),
    session: (session_id: number) =>
      read<AdminSession>('admin/session/', { session_id }, 'messages', (session) => [
        { session, newest: session.messages[session.messages.length - 1] },
      ]),
    send: (input: (MessageInput | FileMessageInput) & { session_id: number }) => send(input),
    history: (page: HistoryPage & { session_id: number }) => http.get<History>('admin/messages/', { ...page }, 'data'),
    claim: (session_id: number) => change<SessionWithStore>('session/claim', session_id),
    release: (session_id: number) => change<Session>('session/release', session_id),
    transfer: (session_id: number, admin_id: number, note?: string) =>
      change<Session>('session/transfer', session_id, { admin_id, ...(note !== undefined && { note }) }),
    closeSession: (session_id: number) => change<Session>('close', session_id),
    notifications: async (page: { limit?: number; before?: number } = {}) =>
      (await http.get<{ data: Notification[] }>('admin/notifications/', { ...page }, 'data')).data,
    countNotifications: async () =>
      (await http.get<{ data: { count: number } }>('admin/notifications/count/', {}, 'data')).data.count,
    async readNotification(id: number) {
      await http.post('admin/notifications/read/', { id })
    },
    async readAllNotifications() {
      await http.post('admin/notifications/read-all/')
    },
  })
  return Object.assign(chat, calls, {
    read: ({ session_id }: { session_id: number }) => markRead(session_id),
    typing: (isTyping: boolean, { session_id }: { session_id: number }) => typing(isTyping, session_id),
  })
}
