/** What one socket may send, and how much may wait for its reader. */
export interface SocketLimits {
  /** Bytes that may wait for a slow reader; beyond, the socket is closed with 4008. */
  bufferBytes: number
  framesPerSecond: number
  frameBurst: number
}
