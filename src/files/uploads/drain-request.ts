import type { IncomingMessage } from 'node:http'

/** Limits of what a client may still send after a refusal: bytes, total time, time without a byte. */
const MAX_BYTES = 64 * 1024 * 1024
const MAX_DURATION_MS = 30_000
const MAX_SILENCE_MS = 5000

/**
 * Reads and discards the rest of a refused request. Closing a connection with unread bytes resets it, and then a client
 * that is still sending often loses the response: browsers read it only after they have sent everything. Clients that
 * exceed a limit are disconnected.
 */
export function drainRequest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return
  let left = MAX_BYTES
  const cut = () => request.socket.destroy()
  const deadline = setTimeout(cut, MAX_DURATION_MS)
  const silence = setTimeout(cut, MAX_SILENCE_MS)
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
