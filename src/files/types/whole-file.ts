import type { FileHandle } from 'node:fs/promises'
import { unsupported } from './filter.js'

/** A file that has come as a whole, for formats whose parts refer to each other by offsets. */
export interface WholeFile {
  readonly size: number
  /**
   * Reads bytes.
   * @throws RequestError 415 when the file has not got them
   */
  read(offset: number, length: number): Promise<Buffer>
}

export function openWholeFile(handle: FileHandle, size: number): WholeFile {
  return {
    size,
    async read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > size) throw unsupported('The file is damaged')
      const bytes = Buffer.alloc(length)
      const { bytesRead } = await handle.read(bytes, 0, length, offset)
      if (bytesRead < length) throw new Error('A file has become shorter')
      return bytes
    },
  }
}
