import { createPublicKey, type KeyObject } from 'node:crypto'
import type { JWTPayload, JWTVerifyGetKey, JWTVerifyResult } from 'jose'
import { RequestError } from '../errors/request-error.js'
import { readRefusal, type JwtCounts } from './jwt-counts.js'
import { openKeySet } from './key-set.js'
import type { JwtSettings } from './jwt-settings.js'

/** How far ahead the platform's clock may be. */
const CLOCK_TOLERANCE_S = 5
export const CLOCK_TOLERANCE_MS = CLOCK_TOLERANCE_S * 1000
/**
 * A JWT that expires later than this is refused: a JWT that is valid for years is a password that nobody can change.
 */
const MAX_LIFETIME_S = 7 * 86_400

/** The contents of a valid JWT. */
export interface JwtIdentity {
  side: 'store' | 'admin'
  id: number
  /** In ms since the epoch by the platform's clock, usually whole seconds; -Infinity when the JWT does not say. */
  issuedAt: number
  /** In ms since the epoch. */
  expiresAt: number
  /** Claims about the account, not validated. */
  claims: { name?: unknown; logo_url?: unknown; email?: unknown }
}

/** Verifies JWTs of the platform. */
export interface JwtVerifier {
  /**
   * Returns the contents of a JWT; undefined when it is not valid, for any reason.
   * @throws RequestError 503 while the platform's keys could not be read yet
   */
  verify(token: string): Promise<JwtIdentity | undefined>
  /** Counts the changes of the platform's keys: a JWT that was verified before one may have lost its key. */
  readonly keysVersion: number
  close(): void
}

/** Opens a verifier. jose is loaded only here, so that nodes without JWTs do not load it. */
export async function openJwtVerifier(
  settings: JwtSettings,
  counts: JwtCounts,
  onError: (error: unknown) => void,
): Promise<JwtVerifier> {
  const { decodeProtectedHeader, jwtVerify } = await import('jose')
  const { algorithms, issuer, audience, jwksUrl } = settings
  const secrets = (settings.secrets ?? []).map((secret) => new TextEncoder().encode(secret))
  const publicKeys = (settings.publicKeys ?? []).map((pem) => createPublicKey(pem))
  const keySet = jwksUrl === undefined ? undefined : await openKeySet({ url: jwksUrl, counts: counts.keySet, onError })
  const options = {
    algorithms,
    requiredClaims: ['sub', 'exp'],
    clockTolerance: CLOCK_TOLERANCE_S,
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  }

  /** A secret verifies only HS256, and nothing else verifies HS256. So a public key is never used as a secret. */
  const findKeys = (algorithm: string | undefined): (Uint8Array | KeyObject | JWTVerifyGetKey)[] =>
    algorithm === 'HS256' ? secrets : keySet === undefined ? publicKeys : [keySet.find]

  /** Tries each key: there are two while one replaces the other. jose checks the signature before the claims. */
  async function verifyWithAny(token: string): Promise<JWTVerifyResult> {
    const { alg } = decodeProtectedHeader(token)
    let failure: unknown = new Error(`There is no key for ${alg}`)
    for (const key of findKeys(alg)) {
      try {
        return await jwtVerify(token, key, options)
      } catch (error) {
        failure = error
        if (readRefusal(error) !== 'signature') break
      }
    }
    throw failure
  }

  return {
    async verify(token) {
      try {
        const { payload, protectedHeader } = await verifyWithAny(token)
        const identity = isAccessToken(protectedHeader.typ) ? readIdentity(payload) : undefined
        if (identity === undefined) counts.refused[isOver(payload) ? 'expired' : 'claims']++
        return identity
      } catch (error) {
        if (error instanceof RequestError) throw error
        counts.refused[readRefusal(error)]++
        return undefined
      }
    },
    get keysVersion() {
      return keySet?.version ?? 0
    },
    close: () => keySet?.close(),
  }
}

/**
 * A JWT that was signed for another purpose, such as a logout token, declares that in its type (RFC 8725, section
 * 3.11).
 */
const isAccessToken = (type: unknown) =>
  type === undefined || (typeof type === 'string' && /^(application\/)?(at\+)?jwt$/i.test(type))

/** jose tolerates a difference of the clocks also for `exp`; here a JWT expires exactly at `exp`. */
const isOver = ({ exp = 0 }: JWTPayload) => exp * 1000 <= Date.now()

/** jose has validated the types of `exp`, `iat` and `nbf` only. */
function readIdentity({ sub, exp = 0, iat, name, logo_url, email }: JWTPayload): JwtIdentity | undefined {
  const [, side, digits] = /^(store|admin):([1-9]\d{0,15})$/.exec(typeof sub === 'string' ? sub : '') ?? []
  const id = Number(digits)
  const now = Date.now()
  const latestMs = now + CLOCK_TOLERANCE_S * 1000
  if (side === undefined || !Number.isSafeInteger(id)) return undefined
  if (exp * 1000 <= now || exp * 1000 > latestMs + MAX_LIFETIME_S * 1000) return undefined
  if (iat !== undefined && (iat < 0 || iat * 1000 > latestMs)) return undefined
  return {
    side: side as JwtIdentity['side'],
    id,
    issuedAt: iat === undefined ? -Infinity : iat * 1000,
    expiresAt: exp * 1000,
    claims: { name, logo_url, email },
  }
}
