import { Readable } from 'node:stream'
import { unavailable } from '../errors/request-error.js'
import type { TranscriptFormat } from './formats.js'
import type { Transcript } from './read-transcript.js'

/** A slow reader reads this much in less time than the timeout of a stalled reader. */
const CHUNK_BYTES = 65_536
/** Without it, a reader that always reads just before that timeout could take days for a long session. */
const MAX_DURATION_MS = 600_000

/** Listens to the progress of a stream. */
export interface StreamListener {
  /** The reader has read a chunk. */
  onRead: () => void
  /** A page was written, of this many bytes. */
  onPage: (bytes: number) => void
}

/**
 * Streams a transcript. A page is fetched after the client has read the previous one. When the stream is destroyed
 * because the client disconnected, no more pages are fetched. The stream fails, without its end, when it takes too long
 * or the reader loses access.
 */
export function streamTranscript(
  transcript: Transcript,
  format: TranscriptFormat,
  listener: StreamListener,
  maxDurationMs = MAX_DURATION_MS,
): Readable {
  const deadline = performance.now() + maxDurationMs
  async function* texts() {
    yield format.begin(transcript)
    let index = 0
    for await (const page of transcript.pages()) {
      const text = page.map((message) => format.write(message, index++)).join('')
      listener.onPage(Buffer.byteLength(text))
      yield text
    }
    yield format.end
  }
  async function* chunks() {
    for await (const text of texts()) {
      const bytes = Buffer.from(text)
      for (let from = 0; from < bytes.length; from += CHUNK_BYTES) {
        if (performance.now() > deadline) throw unavailable('The transcript took too long')
        listener.onRead()
        yield bytes.subarray(from, from + CHUNK_BYTES)
      }
    }
  }
  return Readable.from(chunks(), { objectMode: false, highWaterMark: CHUNK_BYTES })
}
