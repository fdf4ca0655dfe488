import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { RequestError } from '../../src/errors/request-error.js'
import { readOrientation } from '../../src/files/types/pictures/exif-orientation.js'
import { knownExtensions } from '../../src/files/types/file-types.js'
import { inspectBytes } from '../../src/files/types/inspect-bytes.js'
import { spoolFile } from '../../src/files/uploads/spool-file.js'
import {
  createAnimatedWebp,
  createExif,
  createHeic,
  createJpeg,
  createJpegSegment,
  createPng,
  createPngChunk,
  createRiffChunk,
  createWebp,
  PLACE,
} from '../support/files/pictures.js'
import { createTempFolder } from '../support/temp-folder.js'

/** What is stored of a file. */
async function store(t: Test, name: string, bytes: Buffer): Promise<Buffer> {
  const inspection = inspectBytes(name, knownExtensions)
  const source = Readable.from([bytes.subarray(0, 100), bytes.subarray(100)], { objectMode: false })
  const file = await spoolFile(await createTempFolder(t), source, { inspection, pace: () => undefined })
  const stored = await readFile(file.path)
  t.equal(stored.length, file.size)
  return stored
}

/** The status with which a file is refused, or 200. */
const statusOf = (t: Test, name: string, bytes: Buffer) =>
  store(t, name, bytes).then(
    () => 200,
    (error: unknown) => (error instanceof RequestError ? error.statusCode : error),
  )

const pictures = { 'a.jpg': createJpeg, 'a.png': createPng, 'a.webp': createWebp }

t.test('a picture without metadata is stored byte by byte', async (t) => {
  for (const [name, create] of Object.entries(pictures)) {
    const bytes = create({ hasMetadata: false })
    t.same(await store(t, name, bytes), bytes, name)
  }
})

t.test('an upright picture loses its metadata, and what hides behind it, and nothing else', async (t) => {
  for (const [name, create] of Object.entries(pictures)) {
    const stored = await store(t, name, create({ orientation: 1 }))
    t.same(stored, create({ hasMetadata: false }), name)
  }
})

t.test('of the metadata of a turned picture only the orientation stays', async (t) => {
  for (const [name, create] of Object.entries(pictures)) {
    for (const orientation of [2, 6, 8]) {
      const stored = await store(t, name, create({ orientation }))
      t.notOk(stored.includes(PLACE), name)
      t.equal(readOrientation(stored.subarray(stored.indexOf('MM\0*'))), orientation, name)
      // What is stored is a picture that is accepted again, and stays as it is.
      t.same(await store(t, name, stored), stored, name)
    }
  }
})

t.test('the orientation comes as a valid part of its format', async (t) => {
  const jpeg = await store(t, 'a.jpg', createJpeg())
  t.same(jpeg.subarray(20, 30), Buffer.from('\xff\xe1\0\x22Exif\0\0', 'latin1'))
  const png = await store(t, 'a.png', createPng())
  const start = png.indexOf('eXIf') - 4
  const chunk = png.subarray(start, start + 12 + png.readUInt32BE(start))
  t.same(chunk, createPngChunk('eXIf', chunk.subarray(8, -4)), 'with its checksum')
  const webp = await store(t, 'a.webp', createWebp())
  t.equal(webp.readUInt32LE(4), webp.length - 8, 'the size of a WebP is right')
  t.equal(webp[20], 0x18, 'and so are its flags: alpha and Exif, no XMP')
})

t.test('nothing hides in the parts of a JPEG that stay', async (t) => {
  const plain = createJpeg({ hasMetadata: false })
  const [start, frame] = [plain.subarray(0, 2), plain.subarray(20)]
  const jfif = 'JFIF\0\x01\x02\0\0\x01\0\x01'
  const adobe = 'Adobe\0\x64\0\0\0\0\x01'
  const withSegments = (...segments: Buffer[]) => Buffer.concat([start, ...segments, frame])
  const preview = withSegments(createJpegSegment(0xe0, `${jfif}\x03\x03${PLACE}`))
  t.same(await store(t, 'a.jpg', preview), plain, 'no preview')
  t.same(
    await store(t, 'a.jpg', withSegments(createJpegSegment(0xee, adobe + PLACE))),
    withSegments(createJpegSegment(0xee, adobe)),
    'nothing behind the colour transform',
  )
  for (const marker of [0x02, 0xbf, 0xc8, 0xf0, 0xf7, 0xfd]) {
    const stored = await store(t, 'a.jpg', withSegments(createJpegSegment(marker, PLACE)))
    t.same(stored, withSegments(), `no segment ${marker.toString(16)}`)
  }
})

t.test('nothing hides in the parts of a PNG that stay', async (t) => {
  const plain = createPng({ hasMetadata: false })
  const [start, rest] = [plain.subarray(0, 33), plain.subarray(33)]
  for (const type of ['gAMA', 'pHYs', 'tRNS', 'acTL', 'fcTL', 'sPLT']) {
    const long = createPngChunk(type, PLACE.repeat(20))
    t.same(await store(t, 'a.png', Buffer.concat([start, long, rest])), plain, type)
  }
  const endless = Buffer.concat([plain.subarray(0, -12), createPngChunk('IEND', PLACE)])
  const palette = Buffer.concat([start, createPngChunk('PLTE', PLACE.repeat(40)), rest])
  for (const bytes of [endless, palette]) t.equal(await statusOf(t, 'a.png', bytes), 415)
})

t.test('nothing hides in the frames of an animated WebP', async (t) => {
  const bytes = createAnimatedWebp()
  t.same(await store(t, 'a.webp', bytes), bytes)
  for (const type of ['EXIF', 'XMP ', 'WHAT', 'ICCP']) {
    t.equal(await statusOf(t, 'a.webp', createAnimatedWebp(createRiffChunk(type, PLACE))), 415, type)
  }
  /** Up to the end of the first frame it is a whole picture. */
  const wholeBytes = (bytes.length + bytes.indexOf('ANMF')) / 2
  for (let length = 12; length < bytes.length; length++) {
    const broken = Buffer.from(bytes.subarray(0, length))
    t.equal(await statusOf(t, 'a.webp', broken), 415, `${length} bytes`)
    broken.writeUInt32LE(length - 8, 4)
    t.equal(await statusOf(t, 'a.webp', broken), length === wholeBytes ? 200 : 415, `${length} bytes by its head, too`)
  }
})

t.test('a HEIC picture keeps its length and its image; its metadata become zeros', async (t) => {
  for (const brand of ['heic', 'mif1']) {
    const bytes = createHeic({ brand })
    const stored = await store(t, 'a.heic', bytes)
    t.equal(stored.length, bytes.length)
    t.ok(stored.includes('pixels'))
    t.notOk(stored.includes(PLACE))
    const expected = Buffer.from(bytes)
    const exif = Buffer.concat([Buffer.alloc(4), createExif(6)])
    expected.fill(0, expected.indexOf(exif), expected.indexOf(exif) + exif.length)
    for (let place = expected.indexOf(PLACE); place !== -1; place = expected.indexOf(PLACE)) {
      expected.fill(0, place, place + PLACE.length)
    }
    t.same(stored, expected)
  }
})

t.test('orientations that are none are upright', async (t) => {
  const exif = createExif(6)
  t.equal(readOrientation(exif), 6)
  for (const [offset, value] of [
    [18, 9],
    [18, 0],
    [12, 4],
    [4, 255],
    [10, 0x13],
    [0, 0],
  ] as const) {
    const changed = Buffer.from(exif)
    changed[offset] = value
    t.equal(readOrientation(changed), 1, `${value} at ${offset}`)
  }
  for (let length = 0; length < 22; length++) t.equal(readOrientation(exif.subarray(0, length)), 1)
})
