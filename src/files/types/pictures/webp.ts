import { createOrientation, readOrientation } from './exif-orientation.js'
import { PendingBytes, unsupported, type Filter, type Patch } from '../filter.js'

/** `RIFF`, the size of the remaining file, `WEBP`. */
const FILE_HEAD_BYTES = 12
const SIZE_OFFSET = 4
/** Type and size of a chunk. */
const HEAD_BYTES = 8
const keptChunks = new Set(['VP8 ', 'VP8L', 'VP8X', 'ANIM', 'ANMF', 'ALPH', 'ICCP'])
/** Flags in the extended header, which is the first chunk. They say whether there are Exif and XMP chunks. */
const FLAGS_OFFSET = FILE_HEAD_BYTES + HEAD_BYTES
const EXIF_FLAG = 0x08
const XMP_FLAG = 0x04
const MAX_EXIF_BYTES = 65_536

/** Removes Exif, XMP and unknown chunks, and bytes after the picture. Of Exif data only the orientation is kept. */
export function createWebpFilter(): Filter {
  const pending = new PendingBytes()
  /** Remaining bytes of the file by its declared size, at which the picture ends. */
  let declaredLeft: number | undefined
  let left = 0
  let isLeftKept = false
  let keptBytes = 0
  /** Flags of the extended header, without those of Exif and XMP. */
  let flags: number | undefined
  let hasOrientation = false
  let hasPixels = false

  function keep(kept: Buffer[], bytes: Buffer): void {
    keptBytes += bytes.length
    if (bytes.length > 0) kept.push(bytes)
  }

  function step(kept: Buffer[]): boolean {
    if (declaredLeft === undefined) return beginFile(kept)
    if (left > 0) {
      const bytes = pending.take(left)
      left -= bytes.length
      if (isLeftKept) keep(kept, bytes)
      return left === 0
    }
    if (declaredLeft === 0) {
      pending.take()
      return false
    }
    return beginChunk(kept, declaredLeft)
  }

  function beginFile(kept: Buffer[]): boolean {
    const head = pending.peek(FILE_HEAD_BYTES)
    if (head === undefined) return false
    declaredLeft = head.readUInt32LE(SIZE_OFFSET) - 4
    if (declaredLeft < HEAD_BYTES || declaredLeft % 2 === 1) throw notWebp()
    keep(kept, pending.take(FILE_HEAD_BYTES))
    return true
  }

  function beginChunk(kept: Buffer[], available: number): boolean {
    const head = pending.peek(HEAD_BYTES)
    if (head === undefined) return false
    const type = head.toString('latin1', 0, 4)
    const size = head.readUInt32LE(4)
    // A chunk of odd size is followed by a padding byte.
    const bytes = HEAD_BYTES + size + (size % 2)
    if (bytes > available) throw notWebp()
    if (type === 'VP8X') return takeExtendedHeader(kept, bytes)
    if (type === 'EXIF' && size <= MAX_EXIF_BYTES) {
      const chunk = pending.peek(bytes)
      if (chunk === undefined) return false
      keepOrientation(kept, chunk.subarray(HEAD_BYTES, HEAD_BYTES + size))
    }
    declaredLeft = available - bytes
    left = bytes
    isLeftKept = keptChunks.has(type)
    hasPixels ||= type === 'VP8 ' || type === 'VP8L' || type === 'ANMF'
    return true
  }

  function takeExtendedHeader(kept: Buffer[], bytes: number): boolean {
    if (keptBytes !== FILE_HEAD_BYTES || bytes !== HEAD_BYTES + 10) throw notWebp()
    const chunk = pending.peek(bytes)
    if (chunk === undefined) return false
    const header = Buffer.from(pending.take(bytes))
    flags = header.readUInt8(HEAD_BYTES) & ~(EXIF_FLAG | XMP_FLAG)
    header.writeUInt8(flags, HEAD_BYTES)
    declaredLeft = (declaredLeft ?? 0) - bytes
    keep(kept, header)
    return true
  }

  function keepOrientation(kept: Buffer[], exif: Buffer): void {
    const tiff = exif.toString('latin1', 0, 4) === 'Exif' ? exif.subarray(6) : exif
    const orientation = readOrientation(tiff)
    // Only the flags of an extended header can announce an Exif chunk.
    if (orientation === 1 || hasOrientation || flags === undefined) return
    hasOrientation = true
    const content = createOrientation(orientation)
    const head = Buffer.from('EXIF\0\0\0\0', 'latin1')
    head.writeUInt32LE(content.length, 4)
    keep(kept, Buffer.concat([head, content]))
  }

  function createPatches(): Patch[] {
    const size = Buffer.alloc(4)
    size.writeUInt32LE(keptBytes - HEAD_BYTES)
    const patches = [{ offset: SIZE_OFFSET, bytes: size }]
    if (hasOrientation && flags !== undefined) {
      patches.push({ offset: FLAGS_OFFSET, bytes: Buffer.from([flags | EXIF_FLAG]) })
    }
    return patches
  }

  return {
    push(chunk) {
      pending.add(chunk)
      const kept: Buffer[] = []
      while (step(kept));
      return kept
    },
    end() {
      if (declaredLeft !== 0 || left > 0 || !hasPixels) throw unsupported('The WebP picture is incomplete')
      return createPatches()
    },
  }
}

const notWebp = () => unsupported('The file is not a valid WebP picture')
