/** Tag of the orientation in the first image file directory. */
const ORIENTATION_TAG = 0x0112
const SHORT_TYPE = 3
const ENTRY_BYTES = 12
const MAX_ORIENTATION = 8

/** Reads the orientation, 1 to 8, from Exif data in TIFF format. Returns 1 (upright) when there is none. */
export function readOrientation(tiff: Buffer): number {
  const order = tiff.toString('latin1', 0, 2)
  if (tiff.length < 8 || (order !== 'II' && order !== 'MM')) return 1
  const read16 = (offset: number) => (order === 'II' ? tiff.readUInt16LE(offset) : tiff.readUInt16BE(offset))
  const directory = order === 'II' ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4)
  if (directory + 2 > tiff.length) return 1
  const count = read16(directory)
  for (let index = 0; index < count; index++) {
    const entry = directory + 2 + index * ENTRY_BYTES
    if (entry + ENTRY_BYTES > tiff.length) return 1
    if (read16(entry) !== ORIENTATION_TAG) continue
    const orientation = read16(entry + 2) === SHORT_TYPE ? read16(entry + 8) : 1
    return orientation >= 1 && orientation <= MAX_ORIENTATION ? orientation : 1
  }
  return 1
}

/** Creates Exif data in TIFF format that contains an orientation and nothing else. */
export function createOrientation(orientation: number): Buffer {
  const tiff = Buffer.alloc(26)
  tiff.write('MM\0*', 'latin1')
  tiff.writeUInt32BE(8, 4)
  tiff.writeUInt16BE(1, 8)
  tiff.writeUInt16BE(ORIENTATION_TAG, 10)
  tiff.writeUInt16BE(SHORT_TYPE, 12)
  tiff.writeUInt32BE(1, 14)
  tiff.writeUInt16BE(orientation, 18)
  return tiff
}
