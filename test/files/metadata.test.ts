import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { readOrientation } from '../../src/files/types/exif-orientation.js'
import { knownExtensions } from '../../src/files/types/file-types.js'
import { inspectBytes } from '../../src/files/types/inspect-bytes.js'
import { spoolFile } from '../../src/files/uploads/spool-file.js'
import {
  createExif,
  createHeic,
  createJpeg,
  createPng,
  createPngChunk,
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
