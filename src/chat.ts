import type { Database } from './database/database.js'
import type { Limits } from './limits/limits.js'
import type { AppendMessages } from './messages/append-messages.js'
import type { Sent } from './messages/sent-message.js'
import type { Relay } from './realtime/relay.js'
import type { SessionView } from './sessions/read-session.js'

/** What the acts of a chat need of the node they happen on. */
export interface Chat {
  db: Database
  relay: Relay
  limits: Limits
  /** Reads the active session of a store, as that store sees it, as JSON. Concurrent reads share a statement. */
  readActiveSession: (storeId: number) => Promise<SessionView<string> | undefined>
  appendMessages: AppendMessages
  /** Reads a stored message. Concurrent reads share a statement. */
  readSent: (messageId: number) => Promise<Sent | undefined>
  /** What clients reach the service by, where that is configured. */
  publicUrl: string | undefined
  /** Creations under way on this node, by store: a crowd asking for one store shares one transaction. */
  creating: Map<number, Promise<SessionView<string> | undefined>>
}
