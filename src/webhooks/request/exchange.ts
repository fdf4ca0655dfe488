import type { ClientRequest, IncomingMessage } from 'node:http'

/** What a receiver answered. */
export interface Answer {
  status: number
  /** Its first KiB. */
  body: string
  retryAfter: string | undefined
}

/**
 * The receiver closed a kept connection while the request was on its way. It sent no byte of an answer, so it has most
 * probably not read the request: another try uses a new connection.
 */
export class StaleConnection extends Error {}

const MAX_BODY_BYTES = 1024
/** Each costs the node CPU time, so a receiver cannot send them without end. */
const MAX_INTERIM_ANSWERS = 100
const SWITCHING_PROTOCOLS = 101

/**
 * Sends a request and reads the answer. Interim answers (1xx) are passed over. The status counts, whatever becomes of the
 * rest of the answer.
 * @throws StaleConnection · Error that says why there is no answer
 */
export function exchange(
  request: ClientRequest,
  body: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise<Answer>((resolve, reject) => {
    let hasAnswer = false
    let bytesBefore = 0
    let interimAnswers = 0
    const stop = () => request.destroy(new Error('The node is shutting down'))
    const giveUp = () => request.destroy(new Error(`There was no answer within ${Math.round(timeoutMs)} ms`))
    // A node that was busy for long runs its timers before it reads an answer that has come in time.
    const timer = setTimeout(() => setImmediate(giveUp), timeoutMs)
    signal.addEventListener('abort', stop)
    request.once('socket', ({ bytesRead }) => (bytesBefore = bytesRead))
    request.on('information', () => {
      if (++interimAnswers <= MAX_INTERIM_ANSWERS) return
      request.destroy(new Error(`There were more than ${MAX_INTERIM_ANSWERS} interim answers`))
    })
    request.once('response', (response) => {
      if (response.statusCode === SWITCHING_PROTOCOLS) return request.destroy()
      hasAnswer = true
      return void readAnswer(response).then(resolve)
    })
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (hasAnswer) return
      const isClosed = error.code === 'ECONNRESET' || error.code === 'EPIPE'
      const isStale = isClosed && request.reusedSocket && request.socket?.bytesRead === bytesBefore
      reject(isStale ? new StaleConnection('closed', { cause: error }) : describe(error))
    })
    request.once('close', () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      // An answer of 101 ends the request without an error.
      if (!hasAnswer) reject(noAnswer())
    })
    if (signal.aborted) stop()
    request.end(body)
  })
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  let length = 0
  const isClosed = new Promise<void>((resolve) => response.once('close', resolve))
  response.on('error', () => undefined)
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    length += chunk.length
    if (length >= MAX_BODY_BYTES) response.destroy()
  })
  await isClosed
  const body = Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString().replaceAll('\0', '')
  return { status: response.statusCode ?? 0, body, retryAfter: response.headers['retry-after'] }
}

const noAnswer = () => new Error('The connection was closed without an answer')

const describe = (error: NodeJS.ErrnoException): Error => (error.message === 'socket hang up' ? noAnswer() : error)
