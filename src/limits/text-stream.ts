import { Readable } from 'node:stream'

const PIECE_LENGTH = 65_536

/**
 * Streams a long text, encoded in pieces as it is read, so that other work can run in between. Of a text that nobody reads,
 * only the text itself stays in memory. `onRead` is called whenever the reader takes a piece.
 */
export class TextStream extends Readable {
  readonly #text: string
  readonly #onRead: () => void
  #from = 0

  constructor(text: string, onRead: () => void) {
    super({ highWaterMark: PIECE_LENGTH })
    this.#text = text
    this.#onRead = onRead
  }

  override _read(): void {
    this.#onRead()
    setImmediate(() => {
      if (!this.destroyed) this.push(this.#nextPiece())
    })
  }

  #nextPiece(): Buffer | null {
    if (this.#from >= this.#text.length) return null
    let to = this.#from + PIECE_LENGTH
    // The halves of a surrogate pair are one character.
    if (isHighSurrogate(this.#text.charCodeAt(to - 1))) to++
    const piece = Buffer.from(this.#text.slice(this.#from, to))
    this.#from = to
    return piece
  }
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xdc00
