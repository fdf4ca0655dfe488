import type { Agent, Dispatcher } from 'undici'

/** What a receiver answered. */
export interface Answer {
  status: number
  /** Its first KiB. */
  body: string
  retryAfter: string | undefined
}

/**
 * A connection was closed or reset before the answer. It was probably used before, and the receiver closed it while the
 * request was on its way: another try uses a new connection.
 */
export class StaleConnection extends Error {}

const MAX_BODY_BYTES = 1024
/** Statuses below are interim answers: another one follows. */
const OK = 200

/**
 * Sends a request and reads the answer. The status counts, whatever becomes of the rest of the answer.
 * @throws StaleConnection · Error that says why there is no answer
 */
export function exchange(
  agent: Agent,
  request: Dispatcher.DispatchOptions,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise<Answer>((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    let head: Omit<Answer, 'body'> | undefined
    let isOver = false
    let controller: Dispatcher.DispatchController | undefined

    /** `error` is why there is no answer. */
    function end(error?: Error): void {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      if (head === undefined) reject(error ?? noAnswer())
      else resolve({ ...head, body: Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString().replaceAll('\0', '') })
    }
    function abort(error: Error): void {
      end(error)
      controller?.abort(error)
    }
    const stop = () => abort(new Error('The node is shutting down'))
    const timer = setTimeout(
      () => abort(new Error(`There was no answer within ${Math.round(timeoutMs)} ms`)),
      timeoutMs,
    )
    signal.addEventListener('abort', stop)
    if (signal.aborted) return stop()

    agent.dispatch(request, {
      onRequestStart(given) {
        controller = given
        // The connection came too late.
        if (isOver) given.abort(noAnswer())
      },
      onResponseStart(_, status, headers) {
        const [retryAfter] = [headers['retry-after']].flat()
        if (status >= OK) head = { status, retryAfter }
      },
      onResponseData(_, chunk) {
        chunks.push(chunk)
        length += chunk.length
        if (length >= MAX_BODY_BYTES) abort(noAnswer())
      },
      onResponseEnd: () => end(),
      onResponseError: (_, error) => end(describe(error)),
    })
  })
}

const noAnswer = () => new Error('The connection was closed without an answer')

/** undici tells of what a closed connection had received, but not of one that was reset. */
function describe(error: Error & { code?: string; socket?: { bytesRead?: number } | null }): Error {
  const isReset = error.code === 'ECONNRESET' || error.code === 'EPIPE'
  if (isReset || (error.socket?.bytesRead ?? 0) > 0) return new StaleConnection('closed', { cause: error })
  // An answer of 101 to a request that asks for no other protocol fails an assertion.
  return error.code === 'UND_ERR_SOCKET' || error.code === 'ERR_ASSERTION' ? noAnswer() : error
}
