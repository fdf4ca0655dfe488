import type { RawData } from 'ws'
import type { Connection } from './connection.js'
import type { FlushScheduler } from './flush-scheduler.js'

/** What one socket may send, and how much may wait for its reader. */
export interface SocketLimits {
  /** Bytes that may wait for a slow reader; beyond, the socket is closed with 4008. */
  bufferBytes: number
  framesPerSecond: number
  frameBurst: number
}

/** What all connections of a node share. */
export interface ConnectionDeps {
  limits: SocketLimits
  flushes: FlushScheduler
  /** Numbers the connections, in the order in which they come. */
  nextNumber(): number
  /** Handles frames of a connection, in their order. It must not reject. */
  handle(connection: Connection, frames: RawData[]): Promise<void>
}
