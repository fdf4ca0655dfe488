import type { CryptoKey, FlattenedJWSInput, JSONWebKeySet, JWSHeaderParameters } from 'jose'
import { unavailable } from '../errors/request-error.js'
import type { KeySetCounts } from './jwt-counts.js'

/** How often the set is read again, so that a key that the platform has withdrawn is not accepted for ever. */
const REFRESH_MS = 600_000
/** How often unknown keys make the set be read again. Anybody may send those. */
const UNKNOWN_KEY_MS = 60_000
/** The same before the set could be read once. */
const FIRST_READ_MS = 2000
const FETCH_TIMEOUT_MS = 5000
const MOST_BYTES = 1_048_576

/** The platform's public keys, as it publishes them. */
export interface KeySet {
  /**
   * The key that a JWT names. A key that was read once stays known while the address is away.
   * @throws what jose throws when there is no such key · RequestError 503 when no set could be read so far
   */
  find(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey>
  close(): void
}

export interface KeySetOptions {
  url: string
  counts: KeySetCounts
  /** Is called when the set cannot be read. */
  onError: (error: unknown) => void
  /** Default: the global one. */
  fetch?: typeof fetch
  /** A clock in ms. Default: the monotonic one. */
  now?: () => number
}

/** Opens the key set behind an address. It is read at once, and nobody waits for that who needs no key. */
export async function openKeySet(options: KeySetOptions): Promise<KeySet> {
  const { url, counts, onError, fetch: fetchFrom = fetch, now = () => performance.now() } = options
  const { createLocalJWKSet, errors } = await import('jose')
  let keys: ReturnType<typeof createLocalJWKSet> | undefined
  let readAt = -Infinity
  let reading: Promise<void> | undefined

  async function read(): Promise<void> {
    readAt = now()
    try {
      keys = createLocalJWKSet(await fetchKeys(url, fetchFrom))
      counts.read++
    } catch (error) {
      counts.failed++
      onError(error)
    }
  }

  /** Those who need it at the same time share one attempt. */
  const shareReading = () => (reading ??= read().finally(() => (reading = undefined)))

  /** Reads again unless that was tried lately. False: nothing can be new. */
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
    close: () => clearInterval(timer),
  }
}

/** @throws Error when the address does not answer with a key set that holds a key */
async function fetchKeys(url: string, fetchFrom: typeof fetch): Promise<JSONWebKeySet> {
  const response = await fetchFrom(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  })
  if (response.status !== 200) throw new Error(`The key set was answered with ${response.status}`)
  const set = JSON.parse(await readBody(response)) as Partial<JSONWebKeySet> | null
  // An empty set is a fault of the other end, and no reason to sign everybody out.
  if (!Array.isArray(set?.keys) || set.keys.length === 0) throw new Error('The key set holds no keys')
  return { keys: set.keys }
}

async function readBody({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > MOST_BYTES) throw new Error('The key set is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
