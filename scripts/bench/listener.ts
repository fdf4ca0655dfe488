import { request } from 'node:http'
import type { Socket } from 'node:net'
import type { Server } from './services.js'

/** First byte of final frames: https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
export const TEXT = 0x81
const [PING, PONG] = [0x89, 0x8a]

/**
 * A minimal WebSocket client: with 2,000 ordinary clients on the same machine, the benchmark would measure the clients.
 * `onText` is called with the payload of each frame. Fragmented frames are not supported.
 */
export async function openListener(server: Server, path: string, onText: (payload: Buffer) => void): Promise<Listener> {
  const socket = await upgrade(server.origin + path)
  // A server that stops may reset the connection. An earlier reset is noticed by whoever waits for frames.
  socket.on('error', () => undefined)
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    let data: Buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    for (let frame = readFrame(data); frame !== undefined; frame = readFrame(data)) {
      if (frame.head === PING) socket.write(encodeMasked(PONG, frame.payload))
      else onText(frame.payload)
      data = frame.rest
    }
    rest = data
  })
  return { send: (text) => void socket.write(encodeMasked(TEXT, Buffer.from(text))), close: () => socket.destroy() }
}

export interface Listener {
  /** Sends a text of less than 64 KiB. */
  send(text: string): void
  close(): void
}

function upgrade(url: string): Promise<Socket> {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'c3RvcmUtY2hhdC1iZW5jaA==',
  }
  return new Promise((resolve, reject) => {
    request(url, { headers })
      .on('upgrade', (_response, socket: Socket, head) => {
        if (head.length > 0) socket.unshift(head)
        resolve(socket.setNoDelay(true))
      })
      .on('response', ({ statusCode }) => reject(new Error(`${url}: ${statusCode}`)))
      .on('error', reject)
      .end()
  })
}

/** Reads the first frame of a server's bytes, which are not masked; undefined while it is incomplete. */
function readFrame(data: Buffer): { head: number; payload: Buffer; rest: Buffer } | undefined {
  const [head = 0, length = 0] = data
  const from = length === 127 ? 10 : length === 126 ? 4 : 2
  if (data.length < from) return undefined
  const size = length === 127 ? Number(data.readBigUInt64BE(2)) : length === 126 ? data.readUInt16BE(2) : length
  const end = from + size
  return data.length < end ? undefined : { head, payload: data.subarray(from, end), rest: data.subarray(end) }
}

/** Clients must mask their frames. A mask of zeros leaves the payload unchanged. */
export function encodeMasked(head: number, payload: Buffer): Buffer {
  const isLong = payload.length > 125
  const length = isLong ? [0x80 | 126, payload.length >> 8, payload.length & 0xff] : [0x80 | payload.length]
  return Buffer.concat([Buffer.from([head, ...length, 0, 0, 0, 0]), payload])
}
