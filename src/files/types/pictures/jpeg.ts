import { createOrientation, readOrientation } from './exif-orientation.js'
import { PendingBytes, unsupported, type Filter } from '../filter.js'

/** Markers, ITU-T T.81, table B.1. */
const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda
const COM = 0xfe
const TEM = 0x01
const isRestart = (marker: number) => marker >= 0xd0 && marker <= 0xd7
const isApplication = (marker: number) => marker >= 0xe0 && marker <= 0xef

/**
 * Application segments that are needed to show the pixels correctly: JFIF's density, the colour profile, Adobe's colour
 * transform.
 */
const keptApplications: Record<number, string> = { 0xe0: 'JFIF\0', 0xe2: 'ICC_PROFILE\0', 0xee: 'Adobe' }
const EXIF = 0xe1
const EXIF_NAME = 'Exif\0\0'

/**
 * Removes comments, metadata, previews, and bytes after the picture. Of Exif data only the orientation is kept. The
 * compressed pixels are copied byte for byte.
 */
export function createJpegFilter(): Filter {
  const pending = new PendingBytes()
  let kept: Buffer[] = []
  let state: 'start' | 'segments' | 'scan' | 'ended' = 'start'
  let hasScan = false
  let hasOrientation = false

  const keep = (bytes: Buffer) => {
    if (bytes.length > 0) kept.push(bytes)
  }

  /** Each step returns false when it needs more bytes. */
  const steps = {
    start() {
      const head = pending.peek(2)
      if (head === undefined) return false
      if (head[0] !== 0xff || head[1] !== SOI) throw notJpeg()
      keep(pending.take(2))
      state = 'segments'
      return true
    },
    segments() {
      const head = pending.peek(2)
      if (head === undefined) return false
      const [prefix, marker = 0] = head
      if (prefix !== 0xff) throw notJpeg()
      // Any number of 0xff bytes may precede a marker.
      if (marker === 0xff) pending.take(1)
      else if (marker === EOI) {
        keep(pending.take(2))
        state = 'ended'
      } else if (marker === TEM || isRestart(marker)) keep(pending.take(2))
      else return takeSegment(marker)
      return true
    },
    scan() {
      const end = findScanEnd()
      keep(pending.take(end.index))
      if (end.isFound) state = 'segments'
      return end.isFound
    },
    ended() {
      pending.take()
      return false
    },
  }

  function takeSegment(marker: number): boolean {
    const length = pending.peek(4)?.readUInt16BE(2)
    if (length === undefined) return false
    if (length < 2 || marker === 0 || marker === SOI) throw notJpeg()
    const segment = pending.peek(length + 2)
    if (segment === undefined) return false
    pending.take(length + 2)
    if (marker === EXIF) keep(orientationOf(segment))
    else if (isKept(marker, segment)) keep(segment)
    if (marker === SOS) {
      state = 'scan'
      hasScan = true
    }
    return true
  }

  function orientationOf(segment: Buffer): Buffer {
    if (hasOrientation || segment.toString('latin1', 4, 10) !== EXIF_NAME) return Buffer.alloc(0)
    const orientation = readOrientation(segment.subarray(10))
    if (orientation === 1) return Buffer.alloc(0)
    hasOrientation = true
    const tiff = createOrientation(orientation)
    const head = Buffer.from([0xff, EXIF, 0, 2 + EXIF_NAME.length + tiff.length])
    return Buffer.concat([head, Buffer.from(EXIF_NAME, 'latin1'), tiff])
  }

  /** Within compressed pixels, 0xff is followed by 0 or by a restart marker. */
  function findScanEnd(): { index: number; isFound: boolean } {
    for (let from = 0; ;) {
      const index = pending.indexOf(0xff, from)
      if (index === -1) return { index: pending.length, isFound: false }
      const next = pending.at(index + 1)
      if (next === undefined) return { index, isFound: false }
      if (next !== 0 && next !== 0xff && !isRestart(next)) return { index, isFound: true }
      from = index + (next === 0xff ? 1 : 2)
    }
  }

  return {
    push(chunk) {
      pending.add(chunk)
      kept = []
      while (steps[state]());
      return kept
    },
    end() {
      // Cameras and programs that are interrupted leave pictures without an end marker, which all viewers show.
      if (!hasScan || state === 'segments') throw unsupported('The JPEG picture is incomplete')
      return []
    },
  }
}

function isKept(marker: number, segment: Buffer): boolean {
  if (marker === COM) return false
  if (!isApplication(marker)) return true
  const name = keptApplications[marker]
  return name !== undefined && segment.toString('latin1', 4, 4 + name.length) === name
}

const notJpeg = () => unsupported('The file is not a valid JPEG picture')
