import { createOrientation, readOrientation } from './exif-orientation.js'
import { PendingBytes, unsupported, type Filter } from '../filter.js'

/** Markers, ITU-T T.81, table B.1. */
const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda
const TEM = 0x01
const isRestart = (marker: number) => marker >= 0xd0 && marker <= 0xd7
/** Frames, tables and the start of a scan. 0xc8 is reserved. */
const isPicture = (marker: number) => marker >= 0xc0 && marker <= 0xdf && marker !== 0xc8

/** The first bytes of a segment: its marker and its length. */
const HEAD_BYTES = 4
/**
 * Application segments that are needed to show the pixels correctly: JFIF's density, without the preview that may follow it,
 * the colour profile, and Adobe's colour transform.
 */
const keptApplications: Record<number, { name: string; bytes: number }> = {
  0xe0: { name: 'JFIF\0', bytes: 12 },
  0xe2: { name: 'ICC_PROFILE\0', bytes: Infinity },
  0xee: { name: 'Adobe', bytes: 12 },
}
const JFIF = 0xe0
/** Width and height of a preview that is not there. */
const NO_PREVIEW = Buffer.alloc(2)
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
    const length = pending.peek(HEAD_BYTES)?.readUInt16BE(2)
    if (length === undefined) return false
    if (length < 2 || marker === 0 || marker === SOI) throw notJpeg()
    const segment = pending.peek(length + 2)
    if (segment === undefined) return false
    pending.take(length + 2)
    if (marker === EXIF) keep(orientationOf(segment))
    else if (isPicture(marker)) keep(segment)
    else keep(shortenApplication(marker, segment))
    if (marker === SOS) {
      state = 'scan'
      hasScan = true
    }
    return true
  }

  function orientationOf(segment: Buffer): Buffer {
    const content = segment.subarray(HEAD_BYTES)
    if (hasOrientation || content.toString('latin1', 0, EXIF_NAME.length) !== EXIF_NAME) return Buffer.alloc(0)
    const orientation = readOrientation(content.subarray(EXIF_NAME.length))
    if (orientation === 1) return Buffer.alloc(0)
    hasOrientation = true
    return createSegment(EXIF, Buffer.concat([Buffer.from(EXIF_NAME, 'latin1'), createOrientation(orientation)]))
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

/** Returns what is kept of a segment that is not part of the picture itself: nothing, or as much as viewers need. */
function shortenApplication(marker: number, segment: Buffer): Buffer {
  const kept = keptApplications[marker]
  const content = segment.subarray(HEAD_BYTES)
  if (kept === undefined || content.toString('latin1', 0, kept.name.length) !== kept.name) return Buffer.alloc(0)
  const shortened = content.subarray(0, kept.bytes)
  return createSegment(marker, marker === JFIF ? Buffer.concat([shortened, NO_PREVIEW]) : shortened)
}

function createSegment(marker: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(content.length + 2, 2)
  return Buffer.concat([head, content])
}

const notJpeg = () => unsupported('The file is not a valid JPEG picture')
