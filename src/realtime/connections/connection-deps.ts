import type { RawData } from 'ws'
import type { Connection } from './connection.js'
import type { FlushScheduler } from './flush-scheduler.js'
import type { SocketCounts } from './socket-counts.js'
import type { SocketLimits } from './socket-limits.js'

/** What all connections of a node share. */
export interface ConnectionDeps {
  limits: SocketLimits
  counts: SocketCounts
  flushes: FlushScheduler
  /** Numbers the connections, in the order in which they come. */
  nextNumber(): number
  /** Handles frames of a connection, in their order. It must not reject. */
  handle(connection: Connection, frames: RawData[]): Promise<void>
}
