import { unsupported } from '../filter.js'

/** A box, by the range of its content. */
export interface Box {
  type: string
  start: number
  end: number
}

/**
 * Reads the header of the box at an offset.
 * @param limit end of the enclosing box
 * @throws RequestError 415
 */
export function readBox(bytes: Buffer, offset: number, limit: number): Box {
  if (offset + 8 > Math.min(limit, bytes.length)) throw damaged()
  const type = bytes.toString('latin1', offset + 4, offset + 8)
  const shortSize = bytes.readUInt32BE(offset)
  // 1: a 64-bit size follows. 0: the box extends to the end.
  if (shortSize === 1 && offset + 16 > bytes.length) throw damaged()
  const headBytes = shortSize === 1 ? 16 : 8
  const size =
    shortSize === 1 ? Number(bytes.readBigUInt64BE(offset + 8)) : shortSize === 0 ? limit - offset : shortSize
  if (size < headBytes || offset + size > limit) throw damaged()
  return { type, start: offset + headBytes, end: offset + size }
}

/** The boxes in a range. */
export function parseBoxes(bytes: Buffer, start: number, end: number): Box[] {
  const boxes: Box[] = []
  for (let offset = start; offset < end;) {
    const box = readBox(bytes, offset, end)
    boxes.push(box)
    offset = box.end
  }
  return boxes
}

/** Reads numbers and texts of a box in sequence. */
export class BoxReader {
  #offset: number

  constructor(
    readonly bytes: Buffer,
    readonly box: Box,
  ) {
    this.#offset = box.start
  }

  get offset(): number {
    return this.#offset
  }

  /** An unsigned number of 0, 1, 2, 4 or 8 bytes. */
  read(length: number): number {
    const offset = this.#offset
    if (offset + length > this.box.end) throw damaged()
    this.#offset += length
    if (length === 0) return 0
    return length === 8 ? Number(this.bytes.readBigUInt64BE(offset)) : this.bytes.readUIntBE(offset, length)
  }

  /** Text up to a NUL. */
  readText(): string {
    const end = this.bytes.indexOf(0, this.#offset)
    if (end === -1 || end >= this.box.end) throw damaged()
    const text = this.bytes.toString('latin1', this.#offset, end)
    this.#offset = end + 1
    return text
  }
}

export const damaged = () => unsupported('The HEIC picture is damaged')
