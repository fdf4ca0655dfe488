import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import t from 'tap'
import { RequestError } from '../../src/errors/request-error.js'
import { knownExtensions } from '../../src/files/types/file-types.js'
import { inspectBytes } from '../../src/files/types/inspect-bytes.js'
import { spoolFile } from '../../src/files/uploads/spool-file.js'
import { createCompoundFile, createDocx, createXlsx, createZip } from '../support/files/documents.js'
import { createHeic, createJpeg, createPng, createPngChunk, createWebp } from '../support/files/pictures.js'
import { createTempFolder } from '../support/temp-folder.js'

const folder = await createTempFolder(t)

/** The result of storing a file that arrives in chunks of a size. */
async function inspect(name: string, content: Buffer | string, pieceBytes = 7) {
  const bytes = Buffer.from(content as string)
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, index) =>
    bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes),
  )
  const inspection = inspectBytes(name, knownExtensions)
  const source = Readable.from(pieces, { objectMode: false })
  return spoolFile(folder, source, { inspection, pace: () => undefined })
}

/** The status of a refusal. */
const refusalOf = async (act: () => Promise<unknown>) =>
  act().then(
    () => 'accepted',
    (error: unknown) => (error instanceof RequestError ? error.statusCode : error),
  )

const pdf = '%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>'
const office = 'application/vnd.openxmlformats-officedocument'
const accepted: [name: string, content: Buffer | string, type: string][] = [
  ['a.jpg', createJpeg(), 'image/jpeg'],
  ['a.JPEG', createJpeg(), 'image/jpeg'],
  ['a.png', createPng(), 'image/png'],
  ['a.gif', 'GIF89a and so on', 'image/gif'],
  ['a.webp', createWebp(), 'image/webp'],
  ['a.heic', createHeic(), 'image/heic'],
  ['a.heif', createHeic({ brand: 'mif1' }), 'image/heif'],
  ['a.pdf', pdf, 'application/pdf'],
  ['a.doc', createCompoundFile('WordDocument'), 'application/msword'],
  ['a.xls', createCompoundFile('Workbook'), 'application/vnd.ms-excel'],
  ['a.docx', createDocx(), `${office}.wordprocessingml.document`],
  ['a.xlsx', createXlsx(), `${office}.spreadsheetml.sheet`],
  ['a.csv', 'name;price\nKäse;3 €\n', 'text/csv'],
  ['a.txt', '\ufeffHello 世界, 1 < 2 and 3 <4\r\n\tbye', 'text/plain'],
  ['a.b.txt', 'x', 'text/plain'],
]

t.test('each type is recognised by its bytes, however they are cut into pieces', async (t) => {
  for (const [name, content, type] of accepted) {
    for (const pieceBytes of [3, 100_000]) t.equal((await inspect(name, content, pieceBytes)).type, type, name)
  }
})

t.test('bytes that contradict the name are refused', async (t) => {
  const samples = accepted.map(([name, content]) => ({ extension: name.split('.').at(-1) ?? '', content }))
  const sameTypes = [
    ['jpg', 'JPEG'],
    ['heic', 'heif'],
    ['csv', 'txt'],
  ]
  const faults: string[] = []
  for (const { extension, content } of samples) {
    const own = sameTypes.find((same) => same.includes(extension)) ?? [extension]
    for (const other of samples.map(({ extension }) => extension).filter((other) => !own.includes(other))) {
      const status = await refusalOf(() => inspect(`a.${other}`, content, 100_000))
      if (status !== 415) faults.push(`${extension} named ${other}: ${String(status)}`)
    }
  }
  t.same(faults, [])
})

const html = '<!DOCTYPE html><script>alert(1)</script>'
const refused: [what: string, name: string, content: Buffer | string][] = [
  ['HTML as a picture', 'a.png', html],
  ['HTML as a text', 'a.txt', html],
  ['HTML behind white space and a mark', 'a.txt', `\ufeff \r\n\t ${html}`],
  ['an unknown tag at the beginning', 'a.txt', '<x onload=alert(1)>'],
  ['SVG as a text', 'a.txt', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
  ['SVG by name', 'a.svg', '<svg/>'],
  ['HTML by name', 'a.html', html],
  ['a script within a text', 'a.csv', `${'x,'.repeat(100)}<ScRiPt>alert(1)</ScRiPt>`],
  ['a shell script', 'a.txt', '#!/bin/sh\nrm -rf /'],
  ['PHP', 'a.txt', 'hello <?php system($_GET[0]) ?>'],
  ['text that is not UTF-8', 'a.txt', Buffer.from('Käse', 'latin1')],
  ['text that ends within a character', 'a.txt', Buffer.from('Käse').subarray(0, 2)],
  ['UTF-16', 'a.txt', Buffer.from('\ufeffHello', 'utf16le')],
  ['control characters', 'a.txt', 'a\0b'],
  ['no ending', 'jpg', createJpeg()],
  ['two endings', 'a.jpg.exe', createJpeg()],
  ['a program', 'a.pdf', 'MZ\x90'],
  ['an installer as a document', 'a.doc', createCompoundFile('MsiStuff')],
  ['a sheet as a document', 'a.doc', createCompoundFile('Workbook')],
  ['a zip that is no document', 'a.docx', createZip([{ name: 'word.txt' }])],
  ['a sheet as a docx', 'a.docx', createXlsx()],
  ['macros', 'a.docx', createDocx([{ name: 'word/vbaProject.bin' }])],
  ['a Java archive', 'a.docx', createDocx([{ name: 'META-INF/MANIFEST.MF' }])],
  ['an archive behind a picture', 'a.docx', createDocx([], { before: createJpeg() })],
  ['a picture before an archive, as a zip', 'a.docx', createDocx([], { before: Buffer.from('PK\x03\x04 something') })],
  ['an archive followed by something', 'a.docx', Buffer.concat([createDocx(), Buffer.from(html)])],
  ['half an archive', 'a.docx', createDocx().subarray(0, 100)],
  ['a zip bomb', 'a.docx', createDocx([{ name: 'word/a.xml', unpacked: 2 ** 32 - 1 }])],
  ['a zip bomb of entries that share their bytes', 'a.docx', createDocx([{ name: 'word/a.xml', packed: 1_000_000 }])],
  ['half a PNG', 'a.png', createPng({ hasMetadata: false }).subarray(0, -5)],
  ['a PNG without a header', 'a.png', Buffer.concat([createPng().subarray(0, 8), createPngChunk('IDAT', 'x')])],
  ['half a WebP', 'a.webp', createWebp({ hasMetadata: false }).subarray(0, -3)],
  ['a JPEG without pixels', 'a.jpg', createJpeg().subarray(0, 60)],
  ['a JPEG of nonsense', 'a.jpg', Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(100)])],
  ['a HEIC video', 'a.heic', createHeic({ more: [Buffer.from('\0\0\0\x08moov', 'latin1')] })],
  ['a HEIC whose items have no types', 'a.heic', createHeic({ version: 1 })],
  ['half a HEIC', 'a.heic', createHeic().subarray(0, -10)],
  ['AVIF as HEIF', 'a.heif', Buffer.from('\0\0\0\x1cftypmif1\0\0\0\0mif1avif....', 'latin1')],
]

t.test('scripts in disguise, polyglots, bombs and halves are refused', async (t) => {
  for (const [what, name, content] of refused) {
    for (const pieceBytes of [5, 100_000]) {
      t.equal(await refusalOf(() => inspect(name, content, pieceBytes)), 415, what)
    }
  }
})

t.test('a picture of 50,000 x 50,000 pixels costs no more than its bytes', async (t) => {
  const bytes = createPng({ width: 50_000, height: 50_000, rows: Buffer.alloc(1_000_000), hasMetadata: false })
  t.equal((await inspect('a.png', bytes, 65_536)).size, bytes.length)
})

t.test('no byte that is changed makes a file do anything but pass or be refused', async (t) => {
  for (const [name, content] of accepted) {
    const bytes = Buffer.from(content as string)
    for (let place = 0; place < Math.min(bytes.length, 400); place += 11) {
      for (const value of [0, 0xff]) {
        const changed = Buffer.from(bytes)
        changed[place] = value
        const inspection = inspectBytes(name, knownExtensions)
        const source = Readable.from([changed], { objectMode: false })
        const outcome = await refusalOf(() => spoolFile(folder, source, { inspection, pace: () => undefined }))
        if (outcome !== 'accepted' && outcome !== 415) t.fail(`${name} with ${value} at ${place}: ${String(outcome)}`)
      }
    }
  }
})

t.test('what a spooled file says of itself is so', async (t) => {
  const file = await inspect('a.txt', 'Hello')
  t.same(await readFile(file.path, 'utf8'), 'Hello')
  t.equal(file.sha256.toString('hex'), '185f8db32271fe25f561a6fc938b2e264306ec304eda518007d1764826381969')
  await file.remove()
  await t.rejects(readFile(file.path), /ENOENT/)
})
