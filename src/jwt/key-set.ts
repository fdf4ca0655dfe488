import type { CryptoKey, FlattenedJWSInput, JSONWebKeySet, JWSHeaderParameters } from 'jose'
import { unavailable } from '../errors/request-error.js'
import type { KeySetCounts } from './jwt-counts.js'

/** Interval at which the set is read again, so that a withdrawn key is not accepted for ever. */
const REFRESH_MS = 600_000
/** Minimum interval between reads that an unknown key causes. Anybody may send JWTs with unknown keys. */
const UNKNOWN_KEY_MS = 60_000
/** Minimum interval between reads until the first one succeeds. */
const FIRST_READ_MS = 2000
const FETCH_TIMEOUT_MS = 5000
const MAX_BYTES = 1_048_576

/** The public keys that the platform publishes. */
export interface KeySet {
  /**
   * Returns the key that a JWT names. Keys stay known while the URL is unreachable.
   * @throws jose's error when there is no such key · RequestError 503 when the set was never read
   */
  find(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey>
  /** Counts the changes of the set. */
  readonly version: number
  close(): void
}

export interface KeySetOptions {
  url: string
  counts: KeySetCounts
  /** Called when the set cannot be read. */
  onError: (error: unknown) => void
  /** Default: the global `fetch`. */
  fetch?: typeof fetch
  /** A clock in ms. Default: the monotonic one. */
  now?: () => number
}

/** Opens the key set of a URL. It is read in the background at once; only a caller of `find` waits for it. */
export async function openKeySet(options: KeySetOptions): Promise<KeySet> {
  const { url, counts, onError, fetch: fetchFrom = fetch, now = () => performance.now() } = options
  const { createLocalJWKSet, errors } = await import('jose')
  let keys: ReturnType<typeof createLocalJWKSet> | undefined
  let text = ''
  let version = 0
  let readAt = -Infinity
  let reading: Promise<void> | undefined

  async function read(): Promise<void> {
    readAt = now()
    try {
      const set = await fetchKeys(url, fetchFrom)
      keys = createLocalJWKSet(set)
      if (JSON.stringify(set) !== text) version++
      text = JSON.stringify(set)
      counts.read++
    } catch (error) {
      counts.failed++
      onError(error)
    }
  }

  /** Concurrent callers share one read. */
  const shareReading = () => (reading ??= read().finally(() => (reading = undefined)))

  /** Reads the set again, unless that was tried within `pauseMs`. Returns false when it was. */
  async function readAgain(pauseMs: number): Promise<boolean> {
    if (reading === undefined && now() - readAt < pauseMs) return false
    await shareReading()
    return true
  }

  void shareReading()
  const timer = setInterval(() => void shareReading(), REFRESH_MS).unref()
  return {
    async find(header, token) {
      if (keys === undefined) await readAgain(FIRST_READ_MS)
      if (keys === undefined) throw unavailable('The keys of the platform are not available right now')
      try {
        return await keys(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey && (await readAgain(UNKNOWN_KEY_MS)))) throw error
        return keys(header, token)
      }
    },
    get version() {
      return version
    },
    close: () => clearInterval(timer),
  }
}

/** @throws Error when the response is not a key set with at least one key */
async function fetchKeys(url: string, fetchFrom: typeof fetch): Promise<JSONWebKeySet> {
  const response = await fetchFrom(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  })
  if (response.status !== 200) throw new Error(`The request for the key set was answered with ${response.status}`)
  const set = JSON.parse(await readBody(response)) as Partial<JSONWebKeySet> | null
  // An empty set is treated as a fault of the platform; it must not sign everybody out.
  if (!Array.isArray(set?.keys) || set.keys.length === 0) throw new Error('The key set contains no keys')
  return { keys: set.keys }
}

async function readBody({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > MAX_BYTES) throw new Error('The key set is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
