import { RequestError } from '../../errors/request-error.js'

/** Bytes that are written over those at an offset, once the whole file is there. */
export interface Patch {
  offset: number
  bytes: Buffer
}

/**
 * Takes the bytes of an upload as they come, checks them, and leaves out what is not kept. It holds at most one segment of
 * its format in memory.
 */
export interface Filter {
  /**
   * Takes the next bytes and returns those that are kept.
   * @throws RequestError 415 when the bytes are not of the format
   */
  push(chunk: Buffer): Buffer[]
  /**
   * Ends the file. Returns what is to be written over the kept bytes.
   * @throws RequestError 415 when the file is incomplete
   */
  end(): Patch[]
}

/** The answer to a file that is refused for what it holds. */
export const unsupported = (message: string) => new RequestError(415, message)

/** Bytes that came and are not decided on yet. */
export class PendingBytes {
  #bytes: Buffer = Buffer.alloc(0)

  get length(): number {
    return this.#bytes.length
  }

  add(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
  }

  /** The first bytes, which stay; undefined when there are not so many yet. */
  peek(count: number): Buffer | undefined {
    return this.#bytes.length < count ? undefined : this.#bytes.subarray(0, count)
  }

  /** Takes the first bytes away, or as many as there are. */
  take(count = this.#bytes.length): Buffer {
    const taken = this.#bytes.subarray(0, count)
    this.#bytes = this.#bytes.subarray(taken.length)
    return taken
  }

  indexOf(byte: number, from: number): number {
    return this.#bytes.indexOf(byte, from)
  }

  at(index: number): number | undefined {
    return this.#bytes[index]
  }
}
