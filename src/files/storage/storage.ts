import type { Readable } from 'node:stream'

/** An upload that has come as a whole, in a file of this node that nobody is served from. */
export interface SpooledFile {
  path: string
  /** The MIME type of its bytes. */
  type: string
  size: number
  sha256: Buffer
  /** Removes it, unless it was moved away. */
  remove(): Promise<void>
}

/** A range of bytes, the last one included. */
export interface ByteRange {
  first: number
  last: number
}

/** What the one who downloads a file is told of it. */
export interface Download {
  type: string
  disposition: string
}

/** Where the bytes of files are kept, by the ids of the files. What fails throws an Error of the disk or the bucket. */
export interface FileStorage {
  /**
   * Keeps the bytes of an upload. They are there as a whole, durably, or not at all. The same again is harmless. It may move
   * the spooled file away.
   */
  put(id: string, file: SpooledFile): Promise<void>
  /** Gives bytes that are there, or an address to get them from for a few minutes. */
  get(id: string, range: ByteRange, download: Download): Promise<{ stream: Readable } | { redirect: string }>
  /** Forgets the bytes of a file, whether or not there are any. */
  delete(id: string): Promise<void>
}
