import { unsupported } from './filter.js'
import type { WholeFile } from './whole-file.js'

/*
 * Word and Excel files of before 2007 are compound files, [MS-CFB], a small file system. So are installers and mails, so
 * that the names in its directory tell what it is.
 */
export const COMPOUND_SIGNATURE = Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])
const HEADER_BYTES = 512
/** The header lists the first sectors of the allocation table. */
const TABLE_LIST_OFFSET = 76
const TABLE_LIST_LENGTH = 109
const ENTRY_BYTES = 128
const LAST_SECTOR = 0xfffffffa
/** In real files the stream that is looked for is among the first entries. */
const MOST_SECTORS = 64

/**
 * Checks that a compound file has one of the streams that its type of document consists of.
 * @throws RequestError 415
 */
export async function checkCompoundFile(file: WholeFile, streams: string[]): Promise<void> {
  const header = await file.read(0, HEADER_BYTES)
  const shift = header.readUInt16LE(30)
  if (shift !== 9 && shift !== 12) throw damaged()
  const sectorBytes = 1 << shift
  const readSector = (sector: number) => file.read((sector + 1) * sectorBytes, sectorBytes)

  let sector = header.readUInt32LE(48)
  for (let count = 0; count < MOST_SECTORS && sector < LAST_SECTOR; count++) {
    const names = readNames(await readSector(sector))
    if (names.some((name) => streams.includes(name))) return
    sector = await findNext(header, sectorBytes, readSector, sector)
  }
  throw unsupported('The file is not the document that its name says')
}

function readNames(directory: Buffer): string[] {
  const names: string[] = []
  for (let offset = 0; offset < directory.length; offset += ENTRY_BYTES) {
    const bytes = Math.min(64, directory.readUInt16LE(offset + 64))
    // The length counts the NUL at the end.
    if (bytes > 2) names.push(directory.toString('utf16le', offset, offset + bytes - 2))
  }
  return names
}

/** The sector that follows another one, by the allocation table. */
async function findNext(
  header: Buffer,
  sectorBytes: number,
  readSector: (sector: number) => Promise<Buffer>,
  sector: number,
): Promise<number> {
  const perSector = sectorBytes / 4
  const place = Math.floor(sector / perSector)
  if (place >= TABLE_LIST_LENGTH) throw damaged()
  const tableSector = header.readUInt32LE(TABLE_LIST_OFFSET + place * 4)
  if (tableSector >= LAST_SECTOR) throw damaged()
  return (await readSector(tableSector)).readUInt32LE((sector % perSector) * 4)
}

const damaged = () => unsupported('The document is damaged')
