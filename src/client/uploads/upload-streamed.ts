import type { ChatError } from '../transport/chat-error.js'
import { toError } from '../transport/http.js'
import type { Settings } from '../transport/options.js'
import { aborted, isAborted } from './abort.js'
import { encodeForm } from './multipart.js'
import { isUploaded, unreachable, unreadable, urlOf, type Outcome } from './outcome.js'
import type { FileSource, UploadOptions } from './upload.js'

/** Uploads what is no file of a browser. */
export async function uploadStreamed(
  settings: Settings,
  token: string,
  file: FileSource,
  options: UploadOptions,
): Promise<Outcome> {
  const { signal, onProgress } = options
  const controller = new AbortController()
  const abort = () => controller.abort()
  let fault: ChatError | undefined
  const { body, contentType } = encodeForm(file, options.session_id, {
    onSent: (sent) => onProgress?.({ sent }),
    onFault(cause) {
      fault = unreadable(cause)
      abort()
    },
  })
  // Not every browser has `AbortSignal.timeout` and `AbortSignal.any`.
  const deadline = setTimeout(abort, settings.timing.uploadMs)
  signal?.addEventListener('abort', abort)
  try {
    const response = await settings.fetch(urlOf(settings), {
      method: 'POST',
      headers: { authorization: `Token ${token}`, 'content-type': contentType },
      body,
      // Required with a streamed body: `fetch` does not read the answer before the body has ended.
      duplex: 'half',
      signal: controller.signal,
    } as RequestInit)
    const answer: unknown = await response.json().catch(() => undefined)
    if (response.ok && isUploaded(answer)) return answer
    return toError(response, answer)
  } catch {
    return isAborted(signal) ? aborted() : (fault ?? unreachable())
  } finally {
    clearTimeout(deadline)
    signal?.removeEventListener('abort', abort)
  }
}
