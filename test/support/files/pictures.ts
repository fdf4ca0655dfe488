import { crc32, deflateSync } from 'node:zlib'

/** A private text that is part of all metadata. No stored picture may contain it. */
export const PLACE = 'GPS 48.858370 N 2.294481 E'

/** A TIFF structure with an orientation and a private text. */
export function createExif(orientation: number): Buffer {
  const tiff = Buffer.alloc(26 + PLACE.length)
  tiff.write('II*\0', 'latin1')
  tiff.writeUInt32LE(8, 4)
  tiff.writeUInt16LE(1, 8)
  tiff.writeUInt16LE(0x0112, 10)
  tiff.writeUInt16LE(3, 12)
  tiff.writeUInt32LE(1, 14)
  tiff.writeUInt16LE(orientation, 18)
  tiff.write(PLACE, 26, 'latin1')
  return tiff
}

export const createJpegSegment = (marker: number, content: Buffer | string) => {
  const bytes = Buffer.from(content as string, 'latin1')
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(bytes.length + 2, 2)
  return Buffer.concat([head, bytes])
}

/** The parts that a viewer decodes: tables, frame, and pixels with stuffed bytes and restart markers. */
const jpegFrame = Buffer.concat([
  createJpegSegment(0xdb, Buffer.alloc(65, 1)),
  createJpegSegment(0xc0, Buffer.alloc(9, 1)),
])
const jpegScan = Buffer.concat([
  createJpegSegment(0xda, Buffer.alloc(6, 1)),
  Buffer.from([1, 0xff, 0, 2, 0xff, 0xd0, 3, 0xff, 0]),
])
const JFIF = createJpegSegment(0xe0, 'JFIF\0\x01\x02\0\0\x01\0\x01\0\0')
const PROFILE = createJpegSegment(0xe2, 'ICC_PROFILE\0\x01\x01profile')

/** A JPEG with two scans, with or without metadata of every kind. */
export function createJpeg({ orientation = 6, hasMetadata = true, pixels = Buffer.alloc(0) } = {}): Buffer {
  const metadata = [
    createJpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), createExif(orientation)])),
    createJpegSegment(0xe1, `http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>${PLACE}</x:xmpmeta>`),
    createJpegSegment(0xed, `Photoshop 3.0\0${PLACE}`),
    createJpegSegment(0xfe, `${PLACE}<script>alert(1)</script>`),
  ]
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    JFIF,
    ...(hasMetadata ? metadata : []),
    PROFILE,
    jpegFrame,
    jpegScan,
    pixels,
    createJpegSegment(0xc4, Buffer.alloc(20, 1)),
    jpegScan,
    Buffer.from([0xff, 0xd9]),
    Buffer.from(hasMetadata ? `PK\x03\x04 ${PLACE} <script>` : ''),
  ])
}

export function createPngChunk(type: string, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content as string, 'latin1')
  const chunk = Buffer.alloc(12 + bytes.length)
  chunk.writeUInt32BE(bytes.length)
  chunk.write(type, 4, 'latin1')
  bytes.copy(chunk, 8)
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + bytes.length)), 8 + bytes.length)
  return chunk
}

/** A grey picture. */
export function createPng({
  orientation = 6,
  hasMetadata = true,
  width = 1,
  height = 1,
  rows = Buffer.from([0, 7]),
} = {}) {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width)
  header.writeUInt32BE(height, 4)
  header.writeUInt8(8, 8)
  const metadata = [
    createPngChunk('tEXt', `Comment\0${PLACE}`),
    createPngChunk('iTXt', `XML:com.adobe.xmp\0${PLACE}`),
    createPngChunk('tIME', '1234567'),
    createPngChunk('eXIf', createExif(orientation)),
    createPngChunk('prVt', PLACE),
  ]
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    createPngChunk('IHDR', header),
    createPngChunk('gAMA', '\0\0\xb1\x8f'),
    ...(hasMetadata ? metadata : []),
    createPngChunk('IDAT', deflateSync(rows)),
    createPngChunk('IEND', ''),
    Buffer.from(hasMetadata ? `<html>${PLACE}` : ''),
  ])
}

export function createRiffChunk(type: string, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content as string, 'latin1')
  const head = Buffer.alloc(8)
  head.write(type, 'latin1')
  head.writeUInt32LE(bytes.length, 4)
  return Buffer.concat([head, bytes, Buffer.alloc(bytes.length % 2)])
}

/** A WebP picture with an extended header, whose flags are: 0x10 alpha, 0x08 Exif, 0x04 XMP. */
export function createWebp({ orientation = 6, hasMetadata = true } = {}): Buffer {
  const extended = Buffer.alloc(10)
  extended.writeUInt8(0x10 | (hasMetadata ? 0x0c : 0), 0)
  const content = Buffer.concat([
    Buffer.from('WEBP'),
    createRiffChunk('VP8X', extended),
    createRiffChunk('VP8L', Buffer.from('pixel')),
    ...(hasMetadata
      ? [
          createRiffChunk('EXIF', createExif(orientation)),
          createRiffChunk('XMP ', PLACE),
          createRiffChunk('WHAT', PLACE),
        ]
      : []),
  ])
  const head = Buffer.from('RIFF\0\0\0\0', 'latin1')
  head.writeUInt32LE(content.length, 4)
  return Buffer.concat([head, content, Buffer.from(hasMetadata ? PLACE : '')])
}

/** An animation of two frames, with something else behind the pixels of each. */
export function createAnimatedWebp(other: Buffer = Buffer.alloc(0)): Buffer {
  const extended = Buffer.alloc(10)
  extended.writeUInt8(0x02)
  const frame = [Buffer.alloc(16), createRiffChunk('ALPH', 'see'), createRiffChunk('VP8 ', 'pixel'), other]
  const content = Buffer.concat([
    Buffer.from('WEBP'),
    createRiffChunk('VP8X', extended),
    createRiffChunk('ANIM', Buffer.alloc(6)),
    createRiffChunk('ANMF', Buffer.concat(frame)),
    createRiffChunk('ANMF', Buffer.concat(frame)),
  ])
  const head = Buffer.from('RIFF\0\0\0\0', 'latin1')
  head.writeUInt32LE(content.length, 4)
  return Buffer.concat([head, content])
}

const box = (type: string, ...content: (Buffer | string)[]) => {
  const bytes = Buffer.concat(content.map((part) => Buffer.from(part as string, 'latin1')))
  const head = Buffer.alloc(8)
  head.writeUInt32BE(bytes.length + 8)
  head.write(type, 4, 'latin1')
  return Buffer.concat([head, bytes])
}
const numbers = (...pairs: [value: number, bytes: number][]) =>
  Buffer.concat(
    pairs.map(([value, length]) => {
      const bytes = Buffer.alloc(length)
      bytes.writeUIntBE(value, 0, length)
      return bytes
    }),
  )

/** A HEIC picture with an image, Exif in `mdat` and XMP in `idat`. Its image is the text `pixels`. */
export function createHeic({ brand = 'heic', more = [] as Buffer[], version = 2 } = {}): Buffer {
  const ftyp = box('ftyp', brand, '\0\0\0\0', 'mif1', brand)
  const exif = Buffer.concat([Buffer.alloc(4), createExif(6)])
  const item = (id: number, type: string, rest = '') =>
    box('infe', numbers([version, 1], [0, 3], [id, 2], [0, 2]), type, '\0', rest)
  const items = box(
    'iinf',
    numbers([0, 4], [3, 2]),
    item(1, 'hvc1'),
    item(2, 'Exif'),
    item(3, 'mime', 'application/rdf+xml\0'),
  )
  const createMeta = (start: number) =>
    box(
      'meta',
      numbers([0, 4]),
      box('hdlr', '\0\0\0\0\0\0\0\0pict', Buffer.alloc(13)),
      items,
      box(
        'iloc',
        numbers([1, 1], [0, 3], [0x4400, 2], [3, 2]),
        ...[
          { id: 1, method: 0, offset: start, length: 6 },
          { id: 2, method: 0, offset: start + 6, length: exif.length },
          { id: 3, method: 1, offset: 0, length: PLACE.length },
        ].map(({ id, method, offset, length }) =>
          numbers([id, 2], [method, 2], [0, 2], [1, 2], [offset, 4], [length, 4]),
        ),
      ),
      box('idat', PLACE),
    )
  const start = ftyp.length + createMeta(0).length + 8
  return Buffer.concat([ftyp, createMeta(start), box('mdat', 'pixels', exif), box('uuid', PLACE), ...more])
}
