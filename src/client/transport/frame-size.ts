/** What servers take by default, for those that do not say. A larger frame ends the socket with 1009. */
export const DEFAULT_FRAME_BYTES = 65_536

/** How large a frame is on the wire. */
export const countFrameBytes = (type: string, payload: object): number =>
  new TextEncoder().encode(JSON.stringify({ type, payload })).length
