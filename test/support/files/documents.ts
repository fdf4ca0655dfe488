import { crc32, deflateRawSync } from 'node:zlib'

interface ZipEntry {
  name: string
  content?: Buffer | string
  /** Sizes in the central directory that differ from the real ones, for malicious archives. */
  unpacked?: number
  packed?: number
}

/** Creates a zip archive. */
export function createZip(entries: ZipEntry[], { before = Buffer.alloc(0), comment = '' } = {}): Buffer {
  const parts: Buffer[] = [before]
  const directory: Buffer[] = []
  let offset = before.length
  for (const { name, content = 'x', unpacked, packed } of entries) {
    const bytes = Buffer.from(content as string)
    const deflated = deflateRawSync(bytes)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(8, 4)
    common.writeUInt32LE(crc32(bytes), 10)
    common.writeUInt32LE(packed ?? deflated.length, 14)
    common.writeUInt32LE(unpacked ?? bytes.length, 18)
    common.writeUInt16LE(name.length, 22)
    const entry = Buffer.alloc(46)
    entry.write('PK\x01\x02', 'latin1')
    common.copy(entry, 6)
    entry.writeUInt32LE(offset, 42)
    directory.push(entry, Buffer.from(name))
    const local = [Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), deflated]
    parts.push(...local)
    offset += local.reduce((sum, part) => sum + part.length, 0)
  }
  const list = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(list.length, 12)
  end.writeUInt32LE(offset, 16)
  end.writeUInt16LE(comment.length, 20)
  return Buffer.concat([...parts, list, end, Buffer.from(comment)])
}

export const createDocx = (more: ZipEntry[] = [], options = {}) =>
  createZip([{ name: '[Content_Types].xml' }, { name: 'word/document.xml' }, ...more], options)
export const createXlsx = () => createZip([{ name: '[Content_Types].xml' }, { name: 'xl/workbook.xml' }])

/** A compound file with a directory of two sectors; the stream's entry is in the second. */
export function createCompoundFile(stream: string): Buffer {
  const file = Buffer.alloc(512 * 4, 0xff)
  Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]).copy(file)
  file.writeUInt16LE(9, 30)
  file.writeUInt32LE(1, 48)
  file.writeUInt32LE(0, 76)
  // The allocation table in sector 0: the directory is in sectors 1 and 2.
  file.writeUInt32LE(2, 512 + 4)
  file.writeUInt32LE(0xfffffffe, 512 + 8)
  file.fill(0, 1024)
  const addEntry = (offset: number, name: string) => {
    file.write(name, offset, 'utf16le')
    file.writeUInt16LE(name.length * 2 + 2, offset + 64)
  }
  addEntry(1024, 'Root Entry')
  addEntry(1536, stream)
  return file
}
