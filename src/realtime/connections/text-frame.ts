/** The final frame of a text message, https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
const FINAL_TEXT = 0x81

/**
 * Encodes a text message (text or its UTF-8) as a server sends it over a WebSocket without extensions: header and payload
 * in one buffer. The buffer can be written to any number of sockets, where `ws` would encode the message for each.
 */
export function encodeTextFrame(text: string | Buffer): Buffer {
  const length = Buffer.byteLength(text)
  const headerLength = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(headerLength + length)
  frame[0] = FINAL_TEXT
  if (headerLength === 2) frame[1] = length
  else if (headerLength === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  if (typeof text === 'string') frame.write(text, headerLength)
  else frame.set(text, headerLength)
  return frame
}
