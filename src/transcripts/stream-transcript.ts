import { Readable } from 'node:stream'
import type { TranscriptFormat } from './formats.js'
import type { Transcript } from './read-transcript.js'

/** A slow reader takes one in less time than a reader may stall. */
const PIECE_BYTES = 65_536

/** Told of what a stream does. */
export interface StreamListener {
  /** The reader has taken a piece. */
  onRead: () => void
  /** A page was read from the database. */
  onPage: () => void
}

/**
 * Streams a transcript as it is read: a page is fetched when the reader has taken the one before. When the stream is
 * destroyed, because the client has gone, no more is fetched.
 */
export function streamTranscript(transcript: Transcript, format: TranscriptFormat, listener: StreamListener): Readable {
  async function* texts() {
    yield format.begin(transcript)
    let place = 0
    for await (const page of transcript.pages()) {
      listener.onPage()
      yield page.map((message) => format.write(message, place++)).join('')
    }
    yield format.end
  }
  async function* pieces() {
    for await (const text of texts()) {
      const bytes = Buffer.from(text)
      for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
        listener.onRead()
        yield bytes.subarray(from, from + PIECE_BYTES)
      }
    }
  }
  return Readable.from(pieces(), { objectMode: false, highWaterMark: PIECE_BYTES })
}
