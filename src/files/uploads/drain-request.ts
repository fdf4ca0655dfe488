import type { IncomingMessage } from 'node:http'

/** What a client may still send after its upload was refused, for how long in all, and after how long a silence. */
const MOST_BYTES = 64 * 1024 * 1024
const LONGEST_MS = 30_000
const LONGEST_SILENCE_MS = 5000

/**
 * Reads and forgets the rest of a request that has been refused. A connection that is closed with unread bytes is reset,
 * and a client that is still sending then often never sees the answer: browsers read it only after they have sent all.
 * Clients that do not stop are cut.
 */
export function drainRequest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return
  let left = MOST_BYTES
  const cut = () => request.socket.destroy()
  const deadline = setTimeout(cut, LONGEST_MS)
  const silence = setTimeout(cut, LONGEST_SILENCE_MS)
  request.on('data', (chunk: Buffer) => {
    silence.refresh()
    left -= chunk.length
    if (left < 0) cut()
  })
  request.on('error', () => undefined)
  const stop = () => {
    clearTimeout(deadline)
    clearTimeout(silence)
  }
  for (const end of ['end', 'close']) request.once(end, stop)
  request.resume()
}
