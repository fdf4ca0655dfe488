/** What servers take by default, for those that do not say. A larger frame ends the socket with 1009. */
export const DEFAULT_FRAME_BYTES = 65_536

/** How large a frame is on the wire. */
export const countFrameBytes = (type: string, payload: object): number =>
  countUtf8Bytes(JSON.stringify({ type, payload }))

/** Older versions of React Native have no `TextEncoder`. */
function countUtf8Bytes(text: string): number {
  let count = 0
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0
    count += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return count
}
