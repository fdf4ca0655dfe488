import { withToken, toError } from '../transport/http.js'
import { aborted, isAborted, untilAborted } from './abort.js'
import { isUploaded, unreachable, unreadable, urlOf, type Outcome } from './outcome.js'
import type { Settings } from '../transport/options.js'
import type { Tokens } from '../transport/tokens.js'
import { uploadStreamed } from './upload-streamed.js'

/**
 * A file: the `File` of a browser, or anything with a name whose bytes can be read, from the beginning for each try. In Node:
 * `{ name: 'a.pdf', stream: () => createReadStream('a.pdf') }`.
 */
export interface FileSource {
  readonly name: string
  stream(): AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>
}

export interface UploadOptions {
  /** The session that the file is for: its other side may name the file in messages, too. */
  session_id?: number
  /** Is called as bytes leave. `total` is known in browsers only; it counts what is around the file, too. */
  onProgress?: (progress: UploadProgress) => void
  /** Ends the upload: it then rejects with the code `aborted`. */
  signal?: AbortSignal
  /** Tries again over cuts and refusals for now, as `send` does with a `file`. Default: false. */
  repeat?: boolean
}

export interface UploadProgress {
  sent: number
  total?: number
}

/** What names the file in a message: `attachment_url`, and its MIME type. */
export interface UploadedFile {
  url: string
  type: string
}

/** @throws ChatError `aborted`, `unreadable`, `too_large`, `unsupported`, `infected`, … */
export type Upload = (file: FileSource, options?: UploadOptions) => Promise<UploadedFile>

export function createUpload(settings: Settings, tokens: Tokens): Upload {
  return async (file, options = {}) => {
    const { signal } = options
    if (isAborted(signal)) throw aborted()
    // Only XMLHttpRequest tells how far an upload has got.
    const canWatch = typeof XMLHttpRequest === 'function' && typeof Blob === 'function' && file instanceof Blob
    const request = async (token: string) => {
      // It may have been ended while the application was asked for a token.
      if (isAborted(signal)) return aborted()
      return canWatch ? uploadWatched(settings, token, file, options) : uploadStreamed(settings, token, file, options)
    }
    return untilAborted(withToken(tokens, request), signal)
  }
}

function uploadWatched(
  settings: Settings,
  token: string,
  file: FileSource & Blob,
  options: UploadOptions,
): Promise<Outcome> {
  const { session_id, onProgress, signal } = options
  const form = new FormData()
  // In front of the file, so that the service need not keep one for a session that is none of the caller's.
  if (session_id !== undefined) form.set('session_id', String(session_id))
  form.set('file', file, file.name)
  const request = new XMLHttpRequest()
  const abort = () => request.abort()
  return new Promise<Outcome>((resolve) => {
    request.upload.onprogress = ({ loaded, total }) => {
      try {
        onProgress?.({ sent: loaded, total })
      } catch (cause) {
        resolve(unreadable(cause))
        abort()
      }
    }
    request.onload = () => resolve(readAnswer(request))
    request.onerror = request.ontimeout = () => resolve(unreachable())
    request.onabort = () => resolve(aborted())
    request.open('POST', urlOf(settings))
    request.setRequestHeader('authorization', `Token ${token}`)
    request.timeout = settings.timing.uploadMs
    signal?.addEventListener('abort', abort)
    request.send(form)
  }).finally(() => signal?.removeEventListener('abort', abort))
}

function readAnswer(request: XMLHttpRequest): Outcome {
  const body = parse(request.responseText)
  if (request.status === 200 && isUploaded(body)) return body
  return toError({ status: request.status, headers: { get: (name) => request.getResponseHeader(name) } }, body)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
