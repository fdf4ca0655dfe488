import { unsupported } from '../filter.js'
import { BoxReader, damaged, parseBoxes, type Box } from './heif-boxes.js'

/** Items that describe a picture instead of being one. */
const describingItems = new Set(['Exif', 'mime', 'uri '])
const MAX_ITEMS = 10_000
/** Boxes in `meta` that are not needed to show the picture, and may contain anything. */
const ignoredBoxes = new Set(['free', 'skip', 'uuid'])

type Range = Pick<Box, 'start' | 'end'>

/**
 * Finds a picture's metadata. Returns ranges of the file.
 * @param meta the content of the `meta` box, which begins at offset `metaStart` of the file
 * @throws RequestError 415
 */
export function findMetadata(meta: Buffer, metaStart: number): Range[] {
  // Four bytes of version and flags come first.
  const boxes = parseBoxes(meta, 4, meta.length)
  const find = (type: string) => boxes.find((box) => box.type === type)
  const [items, locations, data] = [find('iinf'), find('iloc'), find('idat')]
  if (items === undefined || locations === undefined) throw damaged()
  const ids = findDescribingItems(meta, items)
  const ranges = boxes
    .filter(({ type }) => ignoredBoxes.has(type))
    .map(({ start, end }) => ({ start: metaStart + start, end: metaStart + end }))
  const dataStart = data === undefined ? undefined : metaStart + data.start
  return [...ranges, ...locate(new BoxReader(meta, locations), ids, dataStart)]
}

/** `iinf`, 8.11.6 of ISO/IEC 14496-12. */
function findDescribingItems(meta: Buffer, items: Box): Set<number> {
  const reader = new BoxReader(meta, items)
  const version = reader.read(1)
  reader.read(3)
  const count = reader.read(version === 0 ? 2 : 4)
  if (count > MAX_ITEMS) throw damaged()
  const ids = new Set<number>()
  for (const entry of parseBoxes(meta, reader.offset, items.end)) {
    const item = new BoxReader(meta, entry)
    const itemVersion = item.read(1)
    item.read(3)
    // Earlier versions of the box do not contain the type of an item.
    if (entry.type !== 'infe' || itemVersion < 2) throw damaged()
    const id = item.read(itemVersion === 2 ? 2 : 4)
    item.read(2)
    const type = meta.toString('latin1', item.offset, item.offset + 4)
    if (describingItems.has(type)) ids.add(id)
  }
  return ids
}

/** `iloc`, 8.11.3 of ISO/IEC 14496-12. */
function locate(reader: BoxReader, ids: Set<number>, dataStart: number | undefined): Range[] {
  const version = reader.read(1)
  reader.read(3)
  const sizes = reader.read(2)
  const [offsetBytes, lengthBytes, baseBytes] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15]
  const indexBytes = version === 0 ? 0 : sizes & 15
  if (version > 2 || [offsetBytes, lengthBytes, baseBytes, indexBytes].some((bytes) => ![0, 4, 8].includes(bytes)))
    throw damaged()
  const count = reader.read(version < 2 ? 2 : 4)
  if (count > MAX_ITEMS) throw damaged()
  const ranges: Range[] = []
  for (let item = 0; item < count; item++) {
    const isWanted = ids.delete(reader.read(version < 2 ? 2 : 4))
    const method = version === 0 ? 0 : reader.read(2) & 15
    const dataReference = reader.read(2)
    const base = reader.read(baseBytes)
    const extents = reader.read(2)
    for (let extent = 0; extent < extents; extent++) {
      reader.read(indexBytes)
      const [offset, length] = [reader.read(offsetBytes), reader.read(lengthBytes)]
      if (!isWanted) continue
      // Construction method 0: an offset in this file; 1: an offset in the `idat` box. A length of 0 would mean the
      // whole file.
      const start = method === 0 ? 0 : method === 1 ? dataStart : undefined
      if (start === undefined || dataReference !== 0 || length === 0) {
        throw unsupported('The metadata of this HEIC picture cannot be removed')
      }
      ranges.push({ start: start + base + offset, end: start + base + offset + length })
    }
  }
  if (ids.size > 0) throw damaged()
  return ranges
}
