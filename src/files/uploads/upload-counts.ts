import { RequestError } from '../../errors/request-error.js'
import { Histogram } from '../../instruments/histogram.js'

/** Upper bounds in seconds. The client's connection determines how long an upload takes. */
const UPLOAD_BOUNDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

/** Outcomes of the uploads of this node since its start. */
export interface UploadCounts {
  stored: number
  /** Rejected because of their content, such as a type that is not allowed, or because of a limit. */
  refused: number
  /** The client disconnected before the end. */
  brokenOff: number
  /** Failed because of the disk, the bucket, PostgreSQL or the scanner. */
  failed: number
  /** Bytes of files that were read, whatever the outcome of the upload. */
  bytes: number
  /** Durations of stored uploads in seconds, including the wait for a slot. */
  readonly durations: Histogram
  readonly scans: ScanCounts
}

/** Verdicts of the scanner. */
export interface ScanCounts {
  clean: number
  infected: number
  /** No answer, or an answer without a verdict. */
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

/** Counts an upload by its outcome. */
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
