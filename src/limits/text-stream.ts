import { Readable } from 'node:stream'

const PIECE_LENGTH = 65_536
/** Of a longer text, the rest is sent at 50 MB/s at most: copying it as fast as possible takes the CPU from others. */
const UNPACED_PIECES = 16
const PACE_MS = 1

/**
 * A long text as encoded parts. Answers that hold the same text share the parts: none is copied or encoded again. Joined to
 * one string of 12 MB, the text would block the node for 60 ms before its first byte is sent (measured).
 */
export class TextParts {
  readonly parts: readonly Buffer[]
  readonly bytes: number

  constructor(parts: readonly Buffer[]) {
    this.parts = parts
    this.bytes = parts.reduce((sum, part) => sum + part.length, 0)
  }
}

/**
 * Streams a long text in pieces as they are read, so that other work can run in between. Of a text that nobody reads, only
 * the text itself stays in memory.
 */
export class TextStream extends Readable {
  readonly bytes: number
  /** Called whenever the reader takes a piece. */
  onRead: () => void = () => undefined
  readonly #pieces: Iterator<Buffer>
  #count = 0

  constructor(text: string | TextParts) {
    super({ highWaterMark: PIECE_LENGTH })
    this.bytes = typeof text === 'string' ? Buffer.byteLength(text) : text.bytes
    this.#pieces = typeof text === 'string' ? encodePieces(text) : cutPieces(text)
  }

  override _read(): void {
    this.onRead()
    const pushNext = () => {
      if (!this.destroyed) this.push(this.#pieces.next().value ?? null)
    }
    if (this.#count++ < UNPACED_PIECES) setImmediate(pushNext)
    else setTimeout(pushNext, PACE_MS)
  }
}

function* encodePieces(text: string): Generator<Buffer, undefined> {
  for (let from = 0; from < text.length;) {
    let to = from + PIECE_LENGTH
    // The halves of a surrogate pair are one character.
    if (isHighSurrogate(text.charCodeAt(to - 1))) to++
    yield Buffer.from(text.slice(from, to))
    from = to
  }
}

function* cutPieces({ parts }: TextParts): Generator<Buffer, undefined> {
  for (const part of parts) {
    for (let from = 0; from < part.length; from += PIECE_LENGTH) yield part.subarray(from, from + PIECE_LENGTH)
  }
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xdc00
