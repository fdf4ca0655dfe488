import { Readable } from 'node:stream'
import { unavailable } from '../errors/request-error.js'
import type { TranscriptFormat } from './formats.js'
import type { Transcript } from './read-transcript.js'

/** A slow reader takes one in less time than a reader may stall. */
const PIECE_BYTES = 65_536
/** A reader that takes a piece just before it would count as stalled would need days for a long session. */
const LONGEST_MS = 600_000

/** Told of what a stream does. */
export interface StreamListener {
  /** The reader has taken a piece. */
  onRead: () => void
  /** A page is written, which has so many bytes. */
  onPage: (bytes: number) => void
}

/**
 * Streams a transcript as it is read: a page is fetched when the reader has taken the one before. When the stream is
 * destroyed, because the client has gone, no more is fetched. It breaks off, without its end, when that takes too long or the
 * reader may not go on.
 */
export function streamTranscript(
  transcript: Transcript,
  format: TranscriptFormat,
  listener: StreamListener,
  longestMs = LONGEST_MS,
): Readable {
  const deadline = performance.now() + longestMs
  async function* texts() {
    yield format.begin(transcript)
    let place = 0
    for await (const page of transcript.pages()) {
      const text = page.map((message) => format.write(message, place++)).join('')
      listener.onPage(Buffer.byteLength(text))
      yield text
    }
    yield format.end
  }
  async function* pieces() {
    for await (const text of texts()) {
      const bytes = Buffer.from(text)
      for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
        if (performance.now() > deadline) throw unavailable('The transcript took too long')
        listener.onRead()
        yield bytes.subarray(from, from + PIECE_BYTES)
      }
    }
  }
  return Readable.from(pieces(), { objectMode: false, highWaterMark: PIECE_BYTES })
}
