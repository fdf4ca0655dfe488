import { unsupported } from './filter.js'
import type { WholeFile } from './whole-file.js'

/*
 * Word and Excel files from before 2007 are compound files ([MS-CFB]), a small file system. Installers and e-mails use
 * the same format, so only the names in the directory show what a file is.
 */
export const COMPOUND_SIGNATURE = Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])
const HEADER_BYTES = 512
/** The header contains the first part of the allocation table's sector list. */
const TABLE_LIST_OFFSET = 76
const TABLE_LIST_LENGTH = 109
const ENTRY_BYTES = 128
const LAST_SECTOR = 0xfffffffa
/** In real files the searched stream is among the first entries of the directory. */
const MAX_SECTORS = 64

/**
 * Checks that a compound file contains a stream that identifies its document type.
 * @throws RequestError 415
 */
export async function checkCompoundFile(file: WholeFile, streams: string[]): Promise<void> {
  const header = await file.read(0, HEADER_BYTES)
  const shift = header.readUInt16LE(30)
  if (shift !== 9 && shift !== 12) throw damaged()
  const sectorBytes = 1 << shift
  const readSector = (sector: number) => file.read((sector + 1) * sectorBytes, sectorBytes)

  let sector = header.readUInt32LE(48)
  for (let count = 0; count < MAX_SECTORS && sector < LAST_SECTOR; count++) {
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
    // The length includes the terminating NUL.
    if (bytes > 2) names.push(directory.toString('utf16le', offset, offset + bytes - 2))
  }
  return names
}

/** Returns the sector that follows another one in the allocation table. */
async function findNext(
  header: Buffer,
  sectorBytes: number,
  readSector: (sector: number) => Promise<Buffer>,
  sector: number,
): Promise<number> {
  const perSector = sectorBytes / 4
  const index = Math.floor(sector / perSector)
  if (index >= TABLE_LIST_LENGTH) throw damaged()
  const tableSector = header.readUInt32LE(TABLE_LIST_OFFSET + index * 4)
  if (tableSector >= LAST_SECTOR) throw damaged()
  return (await readSector(tableSector)).readUInt32LE((sector % perSector) * 4)
}

const damaged = () => unsupported('The document is damaged')
