import type { IncomingMessage } from 'node:http'
import plugin from 'fastify-plugin'

/** Chunks of this size are passed on as they come, in bytes. */
const LARGE_CHUNK = 1024
/** Merged chunks are passed on when they are this large together. */
const LARGE_TOGETHER = 16_384

/**
 * Merges the small chunks of a body that arrive together. Node.js passes on each by itself, through all streams behind: with
 * chunks of a byte, half a megabyte a second kept a core busy (measured).
 */
export const smallChunksPlugin = plugin(
  async (app) => {
    app.addHook('onRequest', ({ raw }, _reply, done) => {
      if (raw.headers['transfer-encoding'] !== undefined) mergeSmallChunks(raw)
      done()
    })
  },
  { name: 'small-chunks' },
)

function mergeSmallChunks(request: IncomingMessage): void {
  const push = request.push.bind(request)
  let chunks: Buffer[] = []
  let bytes = 0

  /** Returns false when the reader has enough for now. */
  function flush(): boolean {
    if (bytes === 0) return true
    const merged = Buffer.concat(chunks, bytes)
    chunks = []
    bytes = 0
    return push(merged)
  }

  // Whatever has arrived is parsed before this runs.
  function flushLater(): void {
    // As Node.js does where `push` returns false.
    if (!request.destroyed && !flush()) request.socket.pause()
  }

  request.push = (chunk: Buffer | null) => {
    if (chunk === null) {
      flush()
      return push(null)
    }
    if (bytes === 0 && chunk.length >= LARGE_CHUNK) return push(chunk)
    if (bytes === 0) setImmediate(flushLater)
    chunks.push(chunk)
    bytes += chunk.length
    return bytes < LARGE_TOGETHER || flush()
  }
}
