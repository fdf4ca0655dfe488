import { ChatError } from '../../client/index.js'
import { formatLength } from '../languages/formats.js'
import { translate } from '../languages/translate.js'
import { describeError } from '../shared/describe-error.js'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/** Why a file was not uploaded, in the page's language. */
export async function describeUploadError(error: unknown, file: File): Promise<string> {
  if (!(error instanceof ChatError)) return describeError(error)
  switch (error.code) {
    case 'aborted':
      return translate('files.cancelled')
    case 'too_large':
      return translate('files.tooLarge')
    case 'unsupported':
      return translate('files.unsupported')
    case 'infected':
      return translate('files.infected')
    case 'too_many':
      return translate('files.allowance', { time: describeWait(error.retryAfterMs ?? MINUTE_MS) })
    case 'unavailable':
      return translate('files.unavailable')
    case 'invalid_input':
      return file.size === 0 ? translate('files.empty') : describeError(error)
    // Uploading a folder, or a file that changed after it was chosen, fails like a lost connection.
    case 'offline':
      return translate((await isReadable(file)) ? 'files.cut' : 'files.unreadable')
    default:
      return describeError(error)
  }
}

/** The client caps `Retry-After` at one hour. */
const describeWait = (waitMs: number) =>
  waitMs < HOUR_MS ? formatLength(Math.ceil(waitMs / MINUTE_MS), 'minute') : formatLength(1, 'hour')

const isReadable = (file: File) =>
  file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    )
