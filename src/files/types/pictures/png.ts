import { crc32 } from 'node:zlib'
import { createOrientation, readOrientation } from './exif-orientation.js'
import { PendingBytes, unsupported, type Filter } from '../filter.js'

export const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/**
 * Chunks that are needed to show or animate the picture, with the most bytes that they may hold. All other ancillary chunks
 * contain metadata, known or private, as does what is longer.
 */
const keptChunks: Record<string, number> = {
  ...{ IHDR: 13, PLTE: 768, IDAT: Infinity, IEND: 0 },
  ...{ tRNS: 256, gAMA: 4, cHRM: 32, sRGB: 1, iCCP: Infinity, sBIT: 4, pHYs: 9, bKGD: 6, hIST: 512 },
  ...{ cICP: 4, mDCV: 24, cLLI: 8, acTL: 8, fcTL: 26, fdAT: Infinity },
}
/** A small letter at the beginning of its type: viewers can do without the chunk. */
const isAncillary = (type: string) => /^[a-z]/.test(type)
/** A chunk begins with its length and type, and ends with a checksum of 4 bytes. */
const HEAD_BYTES = 8
const FRAME_BYTES = 12
/** Larger Exif data is removed without reading its orientation. */
const MAX_EXIF_BYTES = 65_536

/** Removes metadata, and bytes after the picture. Of Exif data only the orientation is kept. */
export function createPngFilter(): Filter {
  const pending = new PendingBytes()
  /** Bytes of the current chunk that have not arrived yet. */
  let left = PNG_SIGNATURE.length
  let isLeftKept = true
  let isFirst = true
  let isLast = false

  function step(kept: Buffer[]): boolean {
    if (left > 0) {
      const bytes = pending.take(left)
      left -= bytes.length
      if (isLeftKept && bytes.length > 0) kept.push(bytes)
      return left === 0
    }
    if (isLast) {
      pending.take()
      return false
    }
    return beginChunk(kept)
  }

  function beginChunk(kept: Buffer[]): boolean {
    const head = pending.peek(HEAD_BYTES)
    if (head === undefined) return false
    const length = head.readUInt32BE(0)
    const type = head.toString('latin1', 4, HEAD_BYTES)
    if (length > 0x7fffffff || !/^[A-Za-z]{4}$/.test(type) || isFirst !== (type === 'IHDR')) throw notPng()
    if (type === 'eXIf' && length <= MAX_EXIF_BYTES) {
      const chunk = pending.peek(FRAME_BYTES + length)
      if (chunk === undefined) return false
      const orientation = readOrientation(chunk.subarray(HEAD_BYTES, HEAD_BYTES + length))
      if (orientation !== 1) kept.push(createChunk('eXIf', createOrientation(orientation)))
    }
    const longest = keptChunks[type] ?? -1
    if (longest >= 0 && length > longest && !isAncillary(type)) throw notPng()
    left = FRAME_BYTES + length
    isLeftKept = length <= longest
    isFirst = false
    isLast = type === 'IEND'
    return true
  }

  return {
    push(chunk) {
      pending.add(chunk)
      const kept: Buffer[] = []
      while (step(kept));
      return kept
    },
    end() {
      if (!isLast || left > 0) throw unsupported('The PNG picture is incomplete')
      return []
    },
  }
}

function createChunk(type: string, content: Buffer): Buffer {
  const chunk = Buffer.alloc(FRAME_BYTES + content.length)
  chunk.writeUInt32BE(content.length, 0)
  chunk.write(type, 4, 'latin1')
  content.copy(chunk, HEAD_BYTES)
  chunk.writeUInt32BE(crc32(chunk.subarray(4, HEAD_BYTES + content.length)), HEAD_BYTES + content.length)
  return chunk
}

const notPng = () => unsupported('The file is not a valid PNG picture')
