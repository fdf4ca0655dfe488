import { Agent as HttpAgent, request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import type { AddressPolicy } from './address-policy.js'
import type { ResolveName } from './resolve-name.js'

/** What a receiver answered. */
export interface Answer {
  status: number
  /** Its first KiB. */
  body: string
  retryAfter: string | undefined
}

/** Posts JSON to an address that somebody else has chosen. */
export interface Poster {
  /**
   * Resolves with the first answer, whatever its status; redirects are not followed. Every address is checked by the one
   * that connects to it, so that a name that changes its answer changes nothing.
   * @throws Error that says why there is no answer: the address is refused, cannot be reached, or is silent for too long
   */
  post(url: string, headers: Record<string, string>, body: string, signal: AbortSignal): Promise<Answer>
  /** Closes idle connections. */
  close(): void
}

export interface PosterOptions {
  isAllowed: AddressPolicy
  resolveName: ResolveName
  /** From the beginning to the end of the answer. */
  timeoutMs: number
}

const LONGEST_BODY = 1024
/** Connections that idle this long are closed; receivers close theirs after five seconds at the earliest. */
const IDLE_TIMEOUT_MS = 4000
/** To one host, which may have several webhooks: fewer would be closed and opened again all the time. */
const MAX_IDLE_CONNECTIONS = 64

export function createPoster({ isAllowed, resolveName, timeoutMs }: PosterOptions): Poster {
  const pooling = { keepAlive: true, maxFreeSockets: MAX_IDLE_CONNECTIONS, timeout: IDLE_TIMEOUT_MS }
  const httpAgent = new HttpAgent(pooling)
  const httpsAgent = new HttpsAgent(pooling)

  const lookup: LookupFunction = (hostname, { all }, callback) => {
    resolveName(hostname).then(
      (addresses) => {
        const allowed = addresses.filter(({ address }) => isAllowed(address))
        const [first] = allowed
        if (first === undefined) callback(refusedAddress(), '', 0)
        else if (all === true) callback(null, allowed)
        else callback(null, first.address, first.family)
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, '', 0),
    )
  }

  function open(target: URL, headers: Record<string, string>): ClientRequest {
    const options = { method: 'POST', headers, lookup }
    return target.protocol === 'https:'
      ? requestHttps(target, { ...options, agent: httpsAgent })
      : requestHttp(target, { ...options, agent: httpAgent })
  }

  return {
    async post(url, headers, body, signal) {
      const target = new URL(url)
      // Node connects to an address without a lookup.
      const host = target.hostname.replace(/^\[|\]$/g, '')
      if (isIP(host) !== 0 && !isAllowed(host)) throw refusedAddress()
      const startedAt = performance.now()
      // One deadline for both tries: the lease of the session is no longer.
      const start = () =>
        exchange(open(target, headers), body, Math.max(timeoutMs - (performance.now() - startedAt), 1), signal)
      return start().catch((error: unknown) => {
        if (error instanceof StaleConnection) return start()
        throw error
      })
    },
    close() {
      httpAgent.destroy()
      httpsAgent.destroy()
    },
  }
}

const refusedAddress = () => new Error('The address is not public')

/** The receiver has closed a kept connection while the request was on its way. */
class StaleConnection extends Error {}

function exchange(request: ClientRequest, body: string, timeoutMs: number, signal: AbortSignal): Promise<Answer> {
  return new Promise<Answer>((resolve, reject) => {
    let hasAnswer = false
    const abort = () => request.destroy(new Error('The node is shutting down'))
    const timer = setTimeout(
      () => request.destroy(new Error(`There was no answer within ${Math.round(timeoutMs)} ms`)),
      timeoutMs,
    )
    signal.addEventListener('abort', abort)
    request.once('close', () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      // An answer of 101 takes the connection over, and is no response.
      if (!hasAnswer) reject(new Error('The connection was closed without an answer'))
    })
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (hasAnswer) return
      const isStale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
      reject(isStale ? new StaleConnection('closed', { cause: error }) : error)
    })
    request.once('response', (response) => {
      hasAnswer = true
      void readAnswer(response).then(resolve)
    })
    if (signal.aborted) abort()
    request.end(body)
  })
}

/** The status counts, whatever becomes of the rest of the answer. */
async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  let length = 0
  const hasEnded = new Promise<void>((resolve) => response.once('close', resolve))
  response.on('error', () => undefined)
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    length += chunk.length
    if (length >= LONGEST_BODY) response.destroy()
  })
  await hasEnded
  const text = Buffer.concat(chunks).subarray(0, LONGEST_BODY).toString().replaceAll('\0', '')
  return { status: response.statusCode ?? 0, body: text, retryAfter: response.headers['retry-after'] }
}
