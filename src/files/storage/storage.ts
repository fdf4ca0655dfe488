import type { Readable } from 'node:stream'

/** An upload that was received completely and written to a temporary file of this node. It is not served from there. */
export interface SpooledFile {
  path: string
  /** The MIME type of its bytes. */
  type: string
  size: number
  sha256: Buffer
  /** Removes the temporary file, unless `put` has moved it. */
  remove(): Promise<void>
}

/** A range of bytes, the last one included. */
export interface ByteRange {
  first: number
  last: number
}

/** Headers of a download. */
export interface Download {
  type: string
  disposition: string
}

/** Stores the bytes of files by file id. A failure throws the Error of the disk or the bucket. */
export interface FileStorage {
  /**
   * Stores the bytes of an upload durably: all of them or none. Repeating it is harmless. It may move the spooled file.
   */
  put(id: string, file: SpooledFile): Promise<void>
  /** Returns a stream of the bytes, or a URL that serves them for a few minutes. */
  get(id: string, range: ByteRange, download: Download): Promise<{ stream: Readable } | { redirect: string }>
  /** Deletes the bytes of a file, if there are any. */
  delete(id: string): Promise<void>
}
