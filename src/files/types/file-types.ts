import { checkCompoundFile, COMPOUND_SIGNATURE } from './compound.js'
import type { Filter, Patch } from './filter.js'
import { readHeifType, removeHeifMetadata } from './pictures/heif.js'
import { createJpegFilter } from './pictures/jpeg.js'
import { createPngFilter, PNG_SIGNATURE } from './pictures/png.js'
import { createTextFilter } from './text.js'
import { createWebpFilter } from './pictures/webp.js'
import type { WholeFile } from './whole-file.js'
import { checkOfficeArchive } from './zip.js'

/** How many bytes of a file are needed to recognise its type. */
export const HEAD_BYTES = 64

/** A type of file that may be uploaded. */
export interface FileType {
  /** Extensions of names, in lower case. */
  extensions: string[]
  /** Returns the MIME type that the first bytes show; undefined for any other type of file. */
  recognise(head: Buffer): string | undefined
  /** Creates a filter that the bytes pass through as they arrive. Default: they are stored unchanged. */
  createFilter?(): Filter
  /**
   * Checks the complete file. Returns what is to be written over its bytes.
   * @throws RequestError 415
   */
  checkWhole?(file: WholeFile): Promise<Patch[]>
}

const starting = (signature: Buffer | string, type: string) => {
  const bytes = Buffer.from(signature as string, 'latin1')
  return (head: Buffer) => (head.subarray(0, bytes.length).equals(bytes) ? type : undefined)
}
const isGif = (head: Buffer) => /^GIF8[79]a$/.test(head.toString('latin1', 0, 6))
const isWebp = (head: Buffer) => head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP'
const office = (name: string) => `application/vnd.openxmlformats-officedocument.${name}`
const checked = async (check: Promise<void>): Promise<Patch[]> => {
  await check
  return []
}

/** All supported types. UPLOAD_TYPES chooses the accepted ones. */
export const fileTypes: readonly FileType[] = [
  {
    extensions: ['jpg', 'jpeg'],
    recognise: starting(Buffer.from([0xff, 0xd8, 0xff]), 'image/jpeg'),
    createFilter: createJpegFilter,
  },
  {
    extensions: ['png'],
    recognise: starting(PNG_SIGNATURE, 'image/png'),
    createFilter: createPngFilter,
  },
  { extensions: ['gif'], recognise: (head) => (isGif(head) ? 'image/gif' : undefined) },
  {
    extensions: ['webp'],
    recognise: (head) => (isWebp(head) ? 'image/webp' : undefined),
    createFilter: createWebpFilter,
  },
  { extensions: ['heic', 'heif'], recognise: readHeifType, checkWhole: removeHeifMetadata },
  { extensions: ['pdf'], recognise: starting('%PDF-', 'application/pdf') },
  {
    extensions: ['doc'],
    recognise: starting(COMPOUND_SIGNATURE, 'application/msword'),
    checkWhole: (file) => checked(checkCompoundFile(file, ['WordDocument'])),
  },
  {
    extensions: ['xls'],
    recognise: starting(COMPOUND_SIGNATURE, 'application/vnd.ms-excel'),
    checkWhole: (file) => checked(checkCompoundFile(file, ['Workbook', 'Book'])),
  },
  {
    extensions: ['docx'],
    recognise: starting('PK\x03\x04', office('wordprocessingml.document')),
    checkWhole: (file) => checked(checkOfficeArchive(file, 'word/')),
  },
  {
    extensions: ['xlsx'],
    recognise: starting('PK\x03\x04', office('spreadsheetml.sheet')),
    checkWhole: (file) => checked(checkOfficeArchive(file, 'xl/')),
  },
  { extensions: ['csv'], recognise: () => 'text/csv', createFilter: createTextFilter },
  { extensions: ['txt'], recognise: () => 'text/plain', createFilter: createTextFilter },
]

export const knownExtensions = fileTypes.flatMap(({ extensions }) => extensions)

const shownTypes = new Set([
  'image/jpeg',
  'image/png',
  'image/gif',
  'image/webp',
  'image/heic',
  'image/heif',
  'application/pdf',
])

/** Whether a browser may show a file in place: raster pictures and PDF. */
export const isShownInPlace = (type: string): boolean => shownTypes.has(type)
