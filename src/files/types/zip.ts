import { unsupported } from './filter.js'
import type { WholeFile } from './whole-file.js'

/*
 * Office documents are zip archives. They are recognised by the central directory at the archive's end (APPNOTE.TXT
 * 4.3.12 and 4.3.16). Nothing is unpacked.
 */
const END_SIGNATURE = 0x06054b50
const END_BYTES = 22
const MAX_COMMENT_BYTES = 65_535
const ENTRY_SIGNATURE = 0x02014b50
const ENTRY_BYTES = 46
const MAX_DIRECTORY_BYTES = 1024 * 1024
const MAX_ENTRIES = 10_000
/** A document that unpacks to more than this is probably a zip bomb. */
const MAX_UNPACKED_BYTES = 512 * 1024 * 1024
const ENCRYPTED = 1

interface ZipEntry {
  name: string
  flags: number
  offset: number
  packed: number
  unpacked: number
}

/** Matches names that occur in macros, Java archives and Android packages, but not in documents. */
const isProgram = (name: string) =>
  /(^|\/)vbaProject\.bin$|\.(class|dex|exe|dll|js|vbs|hta)$|^META-INF\/MANIFEST\.MF$|^AndroidManifest\.xml$/i.test(name)

/**
 * Checks that a zip archive is an office document.
 * @param folder the folder of its parts: `word/` or `xl/`
 * @throws RequestError 415
 */
export async function checkOfficeArchive(file: WholeFile, folder: string): Promise<void> {
  const entries = await readDirectory(file)
  const names = entries.map(({ name }) => name)
  if (names.some(isProgram)) throw unsupported('The document contains macros or programs')
  if (!names.includes('[Content_Types].xml') || !names.some((name) => name.startsWith(folder) && name.endsWith('.xml')))
    throw unsupported('The file is not the document that its name says')
  const sum = (key: 'packed' | 'unpacked') => entries.reduce((total, entry) => total + entry[key], 0)
  if (sum('unpacked') > MAX_UNPACKED_BYTES) throw unsupported('The document unpacks to more than 512 MiB')
  // There may be no bytes before the archive. Entries that share their bytes are refused: that is how a small archive
  // unpacks to a huge size.
  if (!entries.some(({ offset }) => offset === 0)) throw damaged()
  if (sum('packed') > file.size || entries.some(({ flags }) => (flags & ENCRYPTED) !== 0)) throw damaged()
}

async function readDirectory(file: WholeFile): Promise<ZipEntry[]> {
  const tailBytes = Math.min(file.size, END_BYTES + MAX_COMMENT_BYTES)
  const tail = await file.read(file.size - tailBytes, tailBytes)
  const end = findEnd(tail)
  const [count, bytes, offset] = [end.readUInt16LE(10), end.readUInt32LE(12), end.readUInt32LE(16)]
  // Bytes before or after an archive could be a file of another type.
  const isWhole = offset + bytes === file.size - end.length && end.readUInt32LE(4) === 0
  if (!isWhole || bytes > MAX_DIRECTORY_BYTES || count > MAX_ENTRIES) throw damaged()
  return parseEntries(await file.read(offset, bytes), count)
}

/** Finds the end-of-central-directory record; its comment ends the file. */
function findEnd(tail: Buffer): Buffer {
  for (let index = tail.length - END_BYTES; index >= 0; index--) {
    if (tail.readUInt32LE(index) !== END_SIGNATURE) continue
    if (tail.readUInt16LE(index + 20) === tail.length - index - END_BYTES) return tail.subarray(index)
  }
  throw damaged()
}

function parseEntries(directory: Buffer, count: number): ZipEntry[] {
  const entries: ZipEntry[] = []
  let offset = 0
  for (let index = 0; index < count; index++) {
    if (offset + ENTRY_BYTES > directory.length || directory.readUInt32LE(offset) !== ENTRY_SIGNATURE) throw damaged()
    const nameBytes = directory.readUInt16LE(offset + 28)
    const moreBytes = directory.readUInt16LE(offset + 30) + directory.readUInt16LE(offset + 32)
    entries.push({
      name: directory.toString('utf8', offset + ENTRY_BYTES, offset + ENTRY_BYTES + nameBytes),
      flags: directory.readUInt16LE(offset + 8),
      offset: directory.readUInt32LE(offset + 42),
      packed: directory.readUInt32LE(offset + 20),
      unpacked: directory.readUInt32LE(offset + 24),
    })
    offset += ENTRY_BYTES + nameBytes + moreBytes
  }
  if (offset !== directory.length) throw damaged()
  return entries
}

const damaged = () => unsupported('The document is damaged, encrypted or not what its name says')
