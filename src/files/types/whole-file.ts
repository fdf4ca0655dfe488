import type { FileHandle } from 'node:fs/promises'
import { unsupported } from './filter.js'

/** A complete file, for formats whose parts refer to each other by offsets. */
export interface WholeFile {
  readonly size: number
  /**
   * Reads bytes at an offset.
   * @throws RequestError 415 when the file is shorter
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
      if (bytesRead < length) throw new Error('The spooled file is shorter than its size')
      return bytes
    },
  }
}
