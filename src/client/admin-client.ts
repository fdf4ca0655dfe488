import { createClient } from './client.js'
import type { ConnectOptions } from './transport/options.js'
import type { MessageInput } from './state/outbox.js'
import type { FileMessageInput } from './state/send-file.js'
import type { HistoryPage } from './store-client.js'
import type {
  AdminSession,
  History,
  ListedSession,
  Notification,
  Session,
  SessionList,
  SessionWithStore,
} from '../protocol/wire.js'

export interface ListPage {
  /** 1–200. Default: 50. */
  limit?: number
  /** `next_cursor` of the page before. */
  cursor?: string
}

const findListed = ({ data }: SessionList) =>
  data.map((session: ListedSession) => ({ session, newest: session.last_message }))

/** Connects an admin to the sessions of the stores. */
export function connectAdmin(options: ConnectOptions) {
  const { shared, http, read, send, markRead, typing } = createClient(options, 'admin')
  const change = <T = Session>(path: string, session_id: number, more = {}) =>
    http.post<T>(`admin/${path}/`, { session_id, ...more })

  return Object.assign(shared, {
    /** The sessions that nobody holds, longest waiting first. */
    openSessions: (page: ListPage = {}) => read('admin/sessions/open/', { ...page }, findListed),
    /** The sessions this admin holds, newest message first. */
    mySessions: (page: ListPage = {}) => read('admin/sessions/my/', { ...page }, findListed),
    /** An open session or one of this admin's, with its newest messages. */
    session: (session_id: number) =>
      read<AdminSession>('admin/session/', { session_id }, (session) => [{ session, newest: session.messages.at(-1) }]),
    /**
     * Sends a message into a session this admin holds. Waits while away. Resolves when it is stored, once, after those
     * sent to that session before it. A `file` is uploaded first; other messages do not wait for that.
     */
    send: (input: (MessageInput | FileMessageInput) & { session_id: number }) => send(input),
    history: (page: HistoryPage & { session_id: number }) => http.get<History>('admin/messages/', { ...page }),
    /** Marks the store's messages of a session read, now or when the connection is back. */
    read: ({ session_id }: { session_id: number }) => markRead(session_id),
    /** Shows the store that the admin types, or has stopped. May be called for every key. */
    typing: (isTyping: boolean, { session_id }: { session_id: number }) => typing(isTyping, session_id),
    /** Takes an open session; of many admins one wins, the others get a 409. */
    claim: (session_id: number) => change<SessionWithStore>('session/claim', session_id),
    /** Gives a session back to the open ones. */
    release: (session_id: number) => change('session/release', session_id),
    /** Hands a session over to another admin. */
    transfer: (session_id: number, admin_id: number) => change('session/transfer', session_id, { admin_id }),
    closeSession: (session_id: number) => change('close', session_id),
    /** Newest first; `before` is the last id of the page before. */
    notifications: async (page: { limit?: number; before?: number } = {}) =>
      (await http.get<{ data: Notification[] }>('admin/notifications/', { ...page })).data,
    countNotifications: async () =>
      (await http.get<{ data: { count: number } }>('admin/notifications/count/')).data.count,
    async readNotification(id: number): Promise<void> {
      await http.post('admin/notifications/read/', { id })
    },
    async readAllNotifications(): Promise<void> {
      await http.post('admin/notifications/read-all/')
    },
  })
}

export type AdminClient = ReturnType<typeof connectAdmin>
