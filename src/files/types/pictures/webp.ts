import { createOrientation, readOrientation } from './exif-orientation.js'
import { PendingBytes, unsupported, type Filter, type Patch } from '../filter.js'

/** `RIFF`, the size of the remaining file, `WEBP`. */
const FILE_HEAD_BYTES = 12
const SIZE_OFFSET = 4
/** Type and size of a chunk. */
const HEAD_BYTES = 8
const pixelChunks = new Set(['VP8 ', 'VP8L'])
/** Chunks of a frame of an animation. */
const frameChunks = new Set([...pixelChunks, 'ALPH'])
const keptChunks = new Set([...frameChunks, 'ANIM', 'ICCP'])
/** Place, size and duration of a frame, before its chunks. */
const FRAME_HEAD_BYTES = 16
/** A chunk begins with its type, and its size follows. */
const CHUNK_SIZE_OFFSET = 4
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
  /** Bytes of the current frame of an animation whose chunks have not begun yet. */
  let frameLeft = 0

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
    if (frameLeft > 0) return beginFrameChunk()
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
    const { type, size, bytes } = readHead(head)
    if (bytes > available) throw notWebp()
    if (type === 'VP8X') return takeExtendedHeader(kept, bytes)
    if (type === 'ANMF') return beginFrame(kept, bytes)
    if (type === 'EXIF' && size <= MAX_EXIF_BYTES) {
      const chunk = pending.peek(bytes)
      if (chunk === undefined) return false
      keepOrientation(kept, chunk.subarray(HEAD_BYTES, HEAD_BYTES + size))
    }
    declaredLeft = available - bytes
    left = bytes
    isLeftKept = keptChunks.has(type)
    hasPixels ||= pixelChunks.has(type)
    return true
  }

  function beginFrame(kept: Buffer[], bytes: number): boolean {
    const headBytes = HEAD_BYTES + FRAME_HEAD_BYTES
    if (bytes < headBytes) throw notWebp()
    if (pending.peek(headBytes) === undefined) return false
    frameLeft = bytes - headBytes
    keep(kept, pending.take(headBytes))
    declaredLeft = (declaredLeft ?? 0) - bytes
    return true
  }

  /** Encoders put nothing else into frames, and without it the frame would have another size, which has been passed on. */
  function beginFrameChunk(): boolean {
    const head = pending.peek(HEAD_BYTES)
    if (head === undefined) return false
    const { type, bytes } = readHead(head)
    if (bytes > frameLeft || !frameChunks.has(type)) throw notWebp()
    frameLeft -= bytes
    left = bytes
    isLeftKept = true
    hasPixels ||= pixelChunks.has(type)
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
    head.writeUInt32LE(content.length, CHUNK_SIZE_OFFSET)
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
      if (declaredLeft !== 0 || left > 0 || frameLeft > 0 || !hasPixels)
        throw unsupported('The WebP picture is incomplete')
      return createPatches()
    },
  }
}

function readHead(head: Buffer): { type: string; size: number; bytes: number } {
  const size = head.readUInt32LE(CHUNK_SIZE_OFFSET)
  // A chunk of odd size is followed by a padding byte.
  return { type: head.toString('latin1', 0, CHUNK_SIZE_OFFSET), size, bytes: HEAD_BYTES + size + (size % 2) }
}

const notWebp = () => unsupported('The file is not a valid WebP picture')
