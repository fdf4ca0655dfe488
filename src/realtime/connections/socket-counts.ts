import type { Side } from '../../protocol/account.js'

/** What happened to one side's sockets on this node since its start. */
export interface SideCounts {
  opened: number
  framesReceived: number
  framesSent: number
  bytesSent: number
  /** Durable events that were written to a socket. */
  deliveries: number
}

/** What happened to the sockets of this node since its start. */
export interface SocketCounts extends Record<Side, SideCounts> {
  /** Sockets that this node closed, by the code. */
  readonly closes: Map<number, number>
  /** Handshakes that were refused because the account has too many sockets. */
  refusedByLimit: number
  /** Sessions that clients resumed. */
  resumedSessions: number
}

export const createSocketCounts = (): SocketCounts => ({
  store: createSideCounts(),
  admin: createSideCounts(),
  closes: new Map(),
  refusedByLimit: 0,
  resumedSessions: 0,
})

const createSideCounts = (): SideCounts => ({
  opened: 0,
  framesReceived: 0,
  framesSent: 0,
  bytesSent: 0,
  deliveries: 0,
})

export function countSent(counts: SideCounts, frame: Buffer): void {
  counts.framesSent++
  counts.bytesSent += frame.length
}
