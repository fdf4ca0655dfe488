import { RequestError } from '../../errors/request-error.js'

/** Bytes that replace those at an offset, once the file is complete. */
export interface Patch {
  offset: number
  bytes: Buffer
}

/**
 * Checks the bytes of an upload as they arrive, and leaves out those that are not to be stored, such as metadata. It
 * holds at most one segment of its format in memory.
 */
export interface Filter {
  /**
   * Takes the next bytes and returns those that are kept.
   * @throws RequestError 415 when the bytes are not of the format
   */
  push(chunk: Buffer): Buffer[]
  /**
   * Ends the file. Returns patches of the kept bytes.
   * @throws RequestError 415 when the file is incomplete
   */
  end(): Patch[]
}

/** Creates the refusal of a file because of its content. */
export const unsupported = (message: string) => new RequestError(415, message)

/** Bytes that have arrived and are not processed yet. */
export class PendingBytes {
  #bytes: Buffer = Buffer.alloc(0)

  get length(): number {
    return this.#bytes.length
  }

  add(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
  }

  /** Returns the first bytes without removing them; undefined when fewer have arrived. */
  peek(count: number): Buffer | undefined {
    return this.#bytes.length < count ? undefined : this.#bytes.subarray(0, count)
  }

  /** Removes and returns the first bytes, or as many as there are. */
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
