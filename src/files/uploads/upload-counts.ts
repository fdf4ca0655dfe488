import { RequestError } from '../../errors/request-error.js'
import { Histogram } from '../../instruments/histogram.js'

/** Upper bounds of seconds. An upload takes as long as the client's line needs. */
const UPLOAD_BOUNDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

/** What became of the uploads of this node since its start. */
export interface UploadCounts {
  stored: number
  /** By what the client sent, such as a type that is not allowed, or by a limit. */
  refused: number
  /** The client was gone before the end. */
  brokenOff: number
  /** By what is missing here: the disk, the bucket, PostgreSQL or the scanner. */
  failed: number
  /** Bytes of files that were read, whatever became of them. */
  bytes: number
  /** Seconds of each upload that was stored, its wait for a slot included. */
  readonly durations: Histogram
  readonly scans: ScanCounts
}

/** What the scanner said. */
export interface ScanCounts {
  clean: number
  infected: number
  /** There was no answer, or one that says nothing. */
  failed: number
}

export const createUploadCounts = (): UploadCounts => ({
  stored: 0,
  refused: 0,
  brokenOff: 0,
  failed: 0,
  bytes: 0,
  durations: new Histogram(UPLOAD_BOUNDS),
  scans: { clean: 0, infected: 0, failed: 0 },
})

/** Counts an upload by what became of it. */
export async function countUpload<T>(
  counts: UploadCounts,
  isClientGone: () => boolean,
  receive: () => Promise<T>,
): Promise<T> {
  const startedAt = performance.now()
  try {
    const received = await receive()
    counts.stored++
    counts.durations.observe((performance.now() - startedAt) / 1000)
    return received
  } catch (error) {
    if (isClientGone()) counts.brokenOff++
    else counts[error instanceof RequestError && error.statusCode < 500 ? 'refused' : 'failed']++
    throw error
  }
}
