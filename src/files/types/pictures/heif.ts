import { unsupported, type Patch } from '../filter.js'
import { damaged, readBox, type Box } from './heif-boxes.js'
import { findMetadata } from './heif-items.js'
import type { WholeFile } from '../whole-file.js'

/*
 * HEIF (ISO/IEC 23008-12) consists of boxes, as MP4 does. Metadata are items, which the `meta` box locates by offsets.
 * They are overwritten with zeros, so that no offset changes. HEIF stores the rotation of a picture as a property of
 * its own; readers ignore the Exif orientation.
 */
const HEAD_BYTES = 8
const MAX_META_BYTES = 1024 * 1024
const MAX_BOXES = 64
/** Boxes of a single picture. Sequences and videos store metadata in other ways, which are not supported here. */
const pictureBoxes = new Set(['ftyp', 'meta', 'mdat', 'free', 'skip', 'uuid'])
/** They may contain anything, and a viewer does not need them. */
const ignoredBoxes = new Set(['free', 'skip', 'uuid'])
/** Zeros are written in pieces of this size. */
const PATCH_BYTES = 65_536
const ZEROS = Buffer.alloc(PATCH_BYTES)

/** Returns `image/heic` or `image/heif` by the brand of the file; undefined for others, such as AVIF. */
export function readHeifType(head: Buffer): 'image/heic' | 'image/heif' | undefined {
  if (head.toString('latin1', 4, 8) !== 'ftyp') return undefined
  const brand = head.toString('latin1', 8, 12)
  const compatible = head.toString('latin1', 16, Math.min(head.length, head.readUInt32BE(0)))
  if (['heic', 'heix', 'heim', 'heis'].includes(brand)) return 'image/heic'
  return brand === 'mif1' && !compatible.includes('avif') ? 'image/heif' : undefined
}

/**
 * Finds a picture's metadata: Exif, XMP and other descriptive items, and private boxes.
 * @returns patches that overwrite all of it with zeros
 * @throws RequestError 415 when not all of it can be found
 */
export async function removeHeifMetadata(file: WholeFile): Promise<Patch[]> {
  const boxes = await readTopBoxes(file)
  const metas = boxes.filter(({ type }) => type === 'meta')
  const [meta] = metas
  if (meta === undefined || metas.length > 1 || boxes.some(({ type }) => !pictureBoxes.has(type))) {
    throw unsupported(
      'Only HEIC pictures with a single image are accepted, because metadata cannot be removed from others',
    )
  }
  if (meta.end - meta.start > MAX_META_BYTES) throw damaged()
  const content = await file.read(meta.start, meta.end - meta.start)
  const ranges = findMetadata(content, meta.start)
  for (const box of boxes) if (ignoredBoxes.has(box.type)) ranges.push({ start: box.start, end: box.end })
  // Ranges may repeat and overlap. Their sum is limited to the size of the file, so that a small file cannot cause many
  // writes.
  if (ranges.reduce((sum, { start, end }) => sum + end - start, 0) > file.size) throw damaged()
  return ranges.flatMap(({ start, end }) => {
    if (start < 0 || end > file.size || start > end) throw damaged()
    return zeros(start, end)
  })
}

async function readTopBoxes(file: WholeFile): Promise<Box[]> {
  const boxes: Box[] = []
  for (let offset = 0; offset < file.size && boxes.length < MAX_BOXES;) {
    const head = await file.read(offset, Math.min(2 * HEAD_BYTES, file.size - offset))
    const box = readBox(head, 0, file.size - offset)
    boxes.push({ type: box.type, start: offset + box.start, end: offset + box.end })
    offset += box.end
  }
  if (boxes.at(-1)?.end !== file.size) throw damaged()
  return boxes
}

function zeros(start: number, end: number): Patch[] {
  const patches: Patch[] = []
  for (let offset = start; offset < end; offset += PATCH_BYTES) {
    patches.push({ offset, bytes: ZEROS.subarray(0, Math.min(PATCH_BYTES, end - offset)) })
  }
  return patches
}
